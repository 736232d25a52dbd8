# Draws cifar_ladder.svg and cifar_ladder.png from cifar_ladder.dat: run `gnuplot -d cifar_ladder.gp` in this folder.
set encoding utf8
set border 3 lc rgb '#444444'
set tics nomirror out scale 0.6 textcolor rgb '#222222'
set grid ytics lc rgb '#cccccc' lw 0.6 dt 1
set key below left vertical maxcols 1 reverse Left samplen 2 spacing 1.2 height 0.5 font ',11'

# Colours that colour-blind people can tell apart (M. Okabe and K. Ito, "Color Universal Design",
# 2008), and points for prints without colours. After seven curves both begin again, with broken
# lines.
set linetype 1 lc rgb '#0072B2' pt 7
set linetype 2 lc rgb '#D55E00' pt 9
set linetype 3 lc rgb '#009E73' pt 5
set linetype 4 lc rgb '#CC79A7' pt 13
set linetype 5 lc rgb '#E69F00' pt 11
set linetype 6 lc rgb '#56B4E9' pt 6
set linetype 7 lc rgb '#000000' pt 8

# The curves' names, in the order of the blocks of cifar_ladder.dat.
array label[8]
label[1] = 'foot'
label[2] = '+ whitening'
label[3] = '+ identity'
label[4] = '+ quick betas'
label[5] = '+ lookahead'
label[6] = '+ alternating flip'
label[7] = '+ gelu'
label[8] = '+ batches of 256'

do for [format in 'svg png'] {
  if (format eq 'svg') {
    set terminal svg noenhanced font 'sans-serif,13' background rgb 'white' \
      size 480,484
  } else {
    set terminal pngcairo noenhanced font 'sans-serif,13' fontscale 2 linewidth 2 pointscale 2 \
      background rgb 'white' size 2*480,2*484
  }
  set output 'cifar_ladder.'.format
  set multiplot layout 1,1 title 'Mean and standard deviation of 3 seeds' font ',11'

  set title 'test set, %'
  set xlabel 'epoch' offset 0,0.5
  set ylabel ''
  set xrange [0.955:4.045]
  set yrange [12.869274998080057:84.972790541382]
  set xtics 1
  plot for [i=0:7] 'cifar_ladder.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-0)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=0:7] 'cifar_ladder.dat' index i using 1:2 with linespoints \
      lt 1+(i-0)%7 lw 2 dt 1+(i-0)/7 ps 0.7 pi 1 \
      title label[i+1]

  unset multiplot
  unset output
}
