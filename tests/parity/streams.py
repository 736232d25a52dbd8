"""minitape's named random streams, rewritten: the same seed and name give the same bits.

A stream is a PCG-XSH-RR 64/32 generator. Its state is a linear congruential sequence modulo 2^64,

    s[k + 1] = a * s[k] + c,

and each output is a scrambled state. Dropout draws two outputs for every activation, so they are
computed as arrays here: m steps at once are again of that form, s[k + m] = a_m * s[k] + c_m, with
which every block of known states gives the next block of the same length.
"""
import numpy as np

MASK = (1 << 64) - 1
MULTIPLIER = 6364136223846793005
GOLDEN = 0x9E3779B97F4A7C15


def mix(x):
    """Mixes all bits of x into all bits of the result (the finaliser of SplitMix64)."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


class Stream:
    """The stream of that name, at its beginning."""

    def __init__(self, seed, name):
        hashed = 0xCBF29CE484222325  # FNV-1a
        for byte in name.encode():
            hashed = (hashed ^ byte) * 0x100000001B3 & MASK
        key = mix((hashed + mix((seed + GOLDEN) & MASK)) & MASK)
        self.increment = (mix((key + GOLDEN) & MASK) << 1 | 1) & MASK
        # PCG's way to start: a step from 0, add the key, another step.
        self.state = (self.increment + key) & MASK
        self.state = (self.state * MULTIPLIER + self.increment) & MASK

    def bits(self, count):
        """The next `count` outputs: uint32 [count]."""
        states = np.array([self.state], np.uint64)
        a, c = MULTIPLIER, self.increment  # a_m and c_m of the text above, m = len(states)
        while len(states) < count + 1:
            states = np.concatenate([states, states * np.uint64(a) + np.uint64(c)])
            a, c = a * a & MASK, (a + 1) * c & MASK
        self.state = int(states[count])
        old = states[:count]
        shifted = ((old >> np.uint64(18) ^ old) >> np.uint64(27)).astype(np.uint32)
        rotation = (old >> np.uint64(59)).astype(np.uint32)
        return shifted >> rotation | shifted << (np.uint32(32) - rotation & np.uint32(31))

    def uniform(self, count):
        """`count` numbers in [0, 1), each from 26 + 27 bits: float64 [count]."""
        high, low = self.bits(2 * count).reshape(count, 2).astype(np.uint64).T
        return ((high >> np.uint64(6) << np.uint64(27)) | low >> np.uint64(5)) * 2.0**-53
