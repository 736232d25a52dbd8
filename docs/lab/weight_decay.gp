# Draws weight_decay.svg and weight_decay.png from weight_decay.dat: run `gnuplot -d weight_decay.gp` in this folder.
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

# The curves' names, in the order of the blocks of weight_decay.dat.
array label[12]
label[1] = 'weight_decay = 0'
label[2] = 'weight_decay = 0.0001'
label[3] = 'weight_decay = 0.001'
label[4] = 'weight_decay = 0.01'
label[5] = 'weight_decay = 0'
label[6] = 'weight_decay = 0.0001'
label[7] = 'weight_decay = 0.001'
label[8] = 'weight_decay = 0.01'
label[9] = 'weight_decay = 0'
label[10] = 'weight_decay = 0.0001'
label[11] = 'weight_decay = 0.001'
label[12] = 'weight_decay = 0.01'

do for [format in 'svg png'] {
  if (format eq 'svg') {
    set terminal svg noenhanced font 'sans-serif,13' background rgb 'white' \
      size 1440,412
  } else {
    set terminal pngcairo noenhanced font 'sans-serif,13' fontscale 2 linewidth 2 pointscale 2 \
      background rgb 'white' size 2*1440,2*412
  }
  set output 'weight_decay.'.format
  set multiplot layout 1,3 title 'Mean and standard deviation of 3 seeds' font ',11'

  set title 'norm of the first kernel'
  set xlabel 'epoch' offset 0,0.5
  set ylabel ''
  set xrange [-0.3:20.3]
  set yrange [4.459873785035185:16.82617415277683]
  set xtics autofreq
  plot for [i=0:3] 'weight_decay.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-0)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=0:3] 'weight_decay.dat' index i using 1:2 with linespoints \
      lt 1+(i-0)%7 lw 2 dt 1+(i-0)/7 ps 0.7 pi 1 \
      title label[i+1]

  set title 'log10 of update / kernel'
  set xlabel 'epoch' offset 0,0.5
  set ylabel ''
  set xrange [-0.3:20.3]
  set yrange [-3.297933137326727:-0.7349892892033877]
  set xtics autofreq
  plot for [i=4:7] 'weight_decay.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-4)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=4:7] 'weight_decay.dat' index i using 1:2 with linespoints \
      lt 1+(i-4)%7 lw 2 dt 1+(i-4)/7 ps 0.7 pi 1 \
      title label[i+1]

  set title 'test accuracy, %'
  set xlabel 'epoch' offset 0,0.5
  set ylabel ''
  set xrange [0.7150000000000001:20.285]
  set yrange [85.39601145675559:96.2296203472938]
  set xtics autofreq
  plot for [i=8:11] 'weight_decay.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-8)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=8:11] 'weight_decay.dat' index i using 1:2 with linespoints \
      lt 1+(i-8)%7 lw 2 dt 1+(i-8)/7 ps 0.7 pi 1 \
      title label[i+1]

  unset multiplot
  unset output
}
