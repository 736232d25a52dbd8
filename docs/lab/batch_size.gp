# Draws batch_size.svg and batch_size.png from batch_size.dat: run `gnuplot -d batch_size.gp` in this folder.
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

# The curves' names, in the order of the blocks of batch_size.dat.
array label[21]
label[1] = '2 images'
label[2] = '4 images'
label[3] = '8 images'
label[4] = '16 images'
label[5] = '32 images'
label[6] = '64 images'
label[7] = 'group norm'
label[8] = '2 images'
label[9] = '4 images'
label[10] = '8 images'
label[11] = '16 images'
label[12] = '32 images'
label[13] = '64 images'
label[14] = 'group norm'
label[15] = '2 images'
label[16] = '4 images'
label[17] = '8 images'
label[18] = '16 images'
label[19] = '32 images'
label[20] = '64 images'
label[21] = 'group norm'

do for [format in 'svg png'] {
  if (format eq 'svg') {
    set terminal svg noenhanced font 'sans-serif,13' background rgb 'white' \
      size 1440,466
  } else {
    set terminal pngcairo noenhanced font 'sans-serif,13' fontscale 2 linewidth 2 pointscale 2 \
      background rgb 'white' size 2*1440,2*466
  }
  set output 'batch_size.'.format
  set multiplot layout 1,3 title 'Mean and standard deviation of 3 seeds' font ',11'

  set title 'training set, as trained, %'
  set xlabel 'epoch' offset 0,0.5
  set ylabel ''
  set xrange [0.955:4.045]
  set yrange [73.62482829751117:97.17714661377012]
  set xtics 1
  plot for [i=0:6] 'batch_size.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-0)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=0:6] 'batch_size.dat' index i using 1:2 with linespoints \
      lt 1+(i-0)%7 lw 2 dt 1+(i-0)/7 ps 0.7 pi 1 \
      title label[i+1]

  set title 'training set, evaluated, %'
  set xlabel 'epoch' offset 0,0.5
  set ylabel ''
  set xrange [0.955:4.045]
  set yrange [82.85392971695562:97.66896391121003]
  set xtics 1
  plot for [i=7:13] 'batch_size.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-7)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=7:13] 'batch_size.dat' index i using 1:2 with linespoints \
      lt 1+(i-7)%7 lw 2 dt 1+(i-7)/7 ps 0.7 pi 1 \
      title label[i+1]

  set title 'test set, %'
  set xlabel 'epoch' offset 0,0.5
  set ylabel ''
  set xrange [0.955:4.045]
  set yrange [78.71211642484866:94.32838013750585]
  set xtics 1
  plot for [i=14:20] 'batch_size.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-14)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=14:20] 'batch_size.dat' index i using 1:2 with linespoints \
      lt 1+(i-14)%7 lw 2 dt 1+(i-14)/7 ps 0.7 pi 1 \
      title label[i+1]

  unset multiplot
  unset output
}
