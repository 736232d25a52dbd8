# Draws initial_scale.svg and initial_scale.png from initial_scale.dat: run `gnuplot -d initial_scale.gp` in this folder.
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

# The curves' names, in the order of the blocks of initial_scale.dat.
array label[8]
label[1] = 'stddev = 0.05, activation = relu, batch_norm = false'
label[2] = 'stddev = 0.05, activation = relu, batch_norm = true'
label[3] = 'stddev = 0.05, activation = sigmoid, batch_norm = false'
label[4] = 'stddev = 0.05, activation = sigmoid, batch_norm = true'
label[5] = 'stddev = 5, activation = relu, batch_norm = false'
label[6] = 'stddev = 5, activation = relu, batch_norm = true'
label[7] = 'stddev = 5, activation = sigmoid, batch_norm = false'
label[8] = 'stddev = 5, activation = sigmoid, batch_norm = true'

do for [format in 'svg png'] {
  if (format eq 'svg') {
    set terminal svg noenhanced font 'sans-serif,13' background rgb 'white' \
      size 960,412
  } else {
    set terminal pngcairo noenhanced font 'sans-serif,13' fontscale 2 linewidth 2 pointscale 2 \
      background rgb 'white' size 2*960,2*412
  }
  set output 'initial_scale.'.format
  set multiplot layout 1,2 title 'Mean and standard deviation of 3 seeds' font ',11'

  set title 'Accuracy, %: small initial weights'
  set xlabel 'log10 of learning_rate' offset 0,0.5
  set ylabel ''
  set xrange [-2.03451544993496:0.3355454455989409]
  set yrange [6.256908621274091:100.85470699471446]
  set xtics autofreq
  plot for [i=0:3] 'initial_scale.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-0)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=0:3] 'initial_scale.dat' index i using 1:2 with linespoints \
      lt 1+(i-0)%7 lw 2 dt 1+(i-0)/7 ps 0.7 pi 1 \
      title label[i+1]

  set title 'Accuracy, %: large initial weights'
  set xlabel 'log10 of learning_rate' offset 0,0.5
  set ylabel ''
  set xrange [-2.03451544993496:0.3355454455989409]
  set yrange [6.2851670225668705:90.97354864767557]
  set xtics autofreq
  plot for [i=4:7] 'initial_scale.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-4)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=4:7] 'initial_scale.dat' index i using 1:2 with linespoints \
      lt 1+(i-4)%7 lw 2 dt 1+(i-4)/7 ps 0.7 pi 1 \
      title label[i+1]

  unset multiplot
  unset output
}
