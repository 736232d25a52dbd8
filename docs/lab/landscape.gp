# Draws landscape.svg and landscape.png from landscape.dat: run `gnuplot -d landscape.gp` in this folder.
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

# The curves' names, in the order of the blocks of landscape.dat.
array label[9]
label[1] = 'no batch norm'
label[2] = 'batch norm'
label[3] = 'noisy batch norm'
label[4] = 'no batch norm'
label[5] = 'batch norm'
label[6] = 'noisy batch norm'
label[7] = 'no batch norm'
label[8] = 'batch norm'
label[9] = 'noisy batch norm'

do for [format in 'svg png'] {
  if (format eq 'svg') {
    set terminal svg noenhanced font 'sans-serif,13' background rgb 'white' \
      size 1440,394
  } else {
    set terminal pngcairo noenhanced font 'sans-serif,13' fontscale 2 linewidth 2 pointscale 2 \
      background rgb 'white' size 2*1440,2*394
  }
  set output 'landscape.'.format
  set multiplot layout 1,3 title 'Mean and standard deviation of 3 seeds' font ',11'

  set title 'Training loss'
  set xlabel 'epoch' offset 0,0.5
  set ylabel ''
  set xrange [0.835:12.165]
  set yrange [0.008988608727451233:2.404641546076466]
  set xtics autofreq
  plot for [i=0:2] 'landscape.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-0)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=0:2] 'landscape.dat' index i using 1:2 with linespoints \
      lt 1+(i-0)%7 lw 2 dt 1+(i-0)/7 ps 0.7 pi 1 \
      title label[i+1]

  set title 'Highest loss along the gradient'
  set xlabel 'epoch' offset 0,0.5
  set ylabel 'log10'
  set xrange [-0.18:12.18]
  set yrange [-1.1480508941270644:1.0238193507088087]
  set xtics autofreq
  plot for [i=3:5] 'landscape.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-3)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=3:5] 'landscape.dat' index i using 1:2 with linespoints \
      lt 1+(i-3)%7 lw 2 dt 1+(i-3)/7 ps 0.7 pi 1 \
      title label[i+1]

  set title 'Change of the gradient (predictiveness)'
  set xlabel 'epoch' offset 0,0.5
  set ylabel 'log10'
  set xrange [-0.18:12.18]
  set yrange [-0.36559627251658755:1.835594425205922]
  set xtics autofreq
  plot for [i=6:8] 'landscape.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-6)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=6:8] 'landscape.dat' index i using 1:2 with linespoints \
      lt 1+(i-6)%7 lw 2 dt 1+(i-6)/7 ps 0.7 pi 1 \
      title label[i+1]

  unset multiplot
  unset output
}
