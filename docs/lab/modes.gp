# Draws modes.svg and modes.png from modes.dat: run `gnuplot -d modes.gp` in this folder.
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

# The curves' names, in the order of the blocks of modes.dat.
array label[9]
label[1] = 'as it should be'
label[2] = 'statistics never updated'
label[3] = 'statistics frozen from the start'
label[4] = 'as it should be'
label[5] = 'statistics never updated'
label[6] = 'statistics frozen from the start'
label[7] = 'as it should be'
label[8] = 'statistics never updated'
label[9] = 'statistics frozen from the start'

do for [format in 'svg png'] {
  if (format eq 'svg') {
    set terminal svg noenhanced font 'sans-serif,13' background rgb 'white' \
      size 1440,394
  } else {
    set terminal pngcairo noenhanced font 'sans-serif,13' fontscale 2 linewidth 2 pointscale 2 \
      background rgb 'white' size 2*1440,2*394
  }
  set output 'modes.'.format
  set multiplot layout 1,3 title 'Mean and standard deviation of 5 seeds' font ',11'

  set title 'test accuracy, %'
  set xlabel 'epoch' offset 0,0.5
  set ylabel ''
  set xrange [0.985:2.015]
  set yrange [76.36622781573598:96.03350381072967]
  set xtics 1
  plot for [i=0:2] 'modes.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-0)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=0:2] 'modes.dat' index i using 1:2 with linespoints \
      lt 1+(i-0)%7 lw 2 dt 1+(i-0)/7 ps 0.7 pi 1 \
      title label[i+1]

  set title 'with statistics of the batch, %'
  set xlabel 'epoch' offset 0,0.5
  set ylabel ''
  set xrange [-0.03:2.03]
  set yrange [2.827507911593495:97.6813546324047]
  set xtics 1
  plot for [i=3:5] 'modes.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-3)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=3:5] 'modes.dat' index i using 1:2 with linespoints \
      lt 1+(i-3)%7 lw 2 dt 1+(i-3)/7 ps 0.7 pi 1 \
      title label[i+1]

  set title 'one image in training mode, %'
  set xlabel 'epoch' offset 0,0.5
  set ylabel ''
  set xrange [-0.03:2.03]
  set yrange [1.401956542267115:98.54912990105501]
  set xtics 1
  plot for [i=6:8] 'modes.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-6)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=6:8] 'modes.dat' index i using 1:2 with linespoints \
      lt 1+(i-6)%7 lw 2 dt 1+(i-6)/7 ps 0.7 pi 1 \
      title label[i+1]

  unset multiplot
  unset output
}
