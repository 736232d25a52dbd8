# Draws figure_1.svg and figure_1.png from figure_1.dat: run `gnuplot -d figure_1.gp` in this folder.
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

# The curves' names, in the order of the blocks of figure_1.dat.
array label[8]
label[1] = 'batch_norm = false'
label[2] = 'batch_norm = true'
label[3] = 'batch_norm = false'
label[4] = 'batch_norm = true'
label[5] = 'batch_norm = false'
label[6] = 'batch_norm = true'
label[7] = 'batch_norm = false'
label[8] = 'batch_norm = true'

do for [format in 'svg png'] {
  if (format eq 'svg') {
    set terminal svg noenhanced font 'sans-serif,13' background rgb 'white' \
      size 1440,752
  } else {
    set terminal pngcairo noenhanced font 'sans-serif,13' fontscale 2 linewidth 2 pointscale 2 \
      background rgb 'white' size 2*1440,2*752
  }
  set output 'figure_1.'.format
  set multiplot layout 2,3 title 'Mean and standard deviation of 5 seeds' font ',11'

  set title 'Test accuracy, % (figure 1a)'
  set xlabel 'epoch' offset 0,0.5
  set ylabel ''
  set xrange [0.7150000000000001:20.285]
  set yrange [94.92303485220049:98.16238559441028]
  set xtics autofreq
  plot for [i=0:1] 'figure_1.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-0)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=0:1] 'figure_1.dat' index i using 1:2 with linespoints \
      lt 1+(i-0)%7 lw 2 dt 1+(i-0)/7 ps 0.7 pi 1 \
      title label[i+1]

  set title 'Input of one last sigmoid: 15th percentile'
  set xlabel 'epoch' offset 0,0.5
  set ylabel ''
  set xrange [-0.3:20.3]
  set yrange [-4.309069351065967:0.7537092851594419]
  set xtics autofreq
  plot for [i=2:3] 'figure_1.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-2)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=2:3] 'figure_1.dat' index i using 1:2 with linespoints \
      lt 1+(i-2)%7 lw 2 dt 1+(i-2)/7 ps 0.7 pi 1 \
      title label[i+1]

  set title 'Input of one last sigmoid: median'
  set xlabel 'epoch' offset 0,0.5
  set ylabel ''
  set xrange [-0.3:20.3]
  set yrange [-2.320684632178901:0.98917912388607]
  set xtics autofreq
  plot for [i=4:5] 'figure_1.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-4)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=4:5] 'figure_1.dat' index i using 1:2 with linespoints \
      lt 1+(i-4)%7 lw 2 dt 1+(i-4)/7 ps 0.7 pi 1 \
      title label[i+1]

  set title 'Input of one last sigmoid: 85th percentile'
  set xlabel 'epoch' offset 0,0.5
  set ylabel ''
  set xrange [-0.3:20.3]
  set yrange [-0.2337939719652689:3.873909251038247]
  set xtics autofreq
  plot for [i=6:7] 'figure_1.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-6)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=6:7] 'figure_1.dat' index i using 1:2 with linespoints \
      lt 1+(i-6)%7 lw 2 dt 1+(i-6)/7 ps 0.7 pi 1 \
      title label[i+1]

  unset multiplot
  unset output
}
