# Draws gradient_growth.svg and gradient_growth.png from gradient_growth.dat: run `gnuplot -d gradient_growth.gp` in this folder.
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

# The curves' names, in the order of the blocks of gradient_growth.dat.
array label[4]
label[1] = 'relu, batches of 128'
label[2] = 'relu, batches of 32'
label[3] = 'linear, batches of 32'
label[4] = 'relu, batches of 128, no batch norm'

do for [format in 'svg png'] {
  if (format eq 'svg') {
    set terminal svg noenhanced font 'sans-serif,13' background rgb 'white' \
      size 480,412
  } else {
    set terminal pngcairo noenhanced font 'sans-serif,13' fontscale 2 linewidth 2 pointscale 2 \
      background rgb 'white' size 2*480,2*412
  }
  set output 'gradient_growth.'.format
  set multiplot layout 1,1 title 'Mean and standard deviation of 4 seeds' font ',11'

  set title 'Gradient norm, by layer'
  set xlabel 'layer' offset 0,0.5
  set ylabel 'log10'
  set xrange [0.4:41.6]
  set yrange [-1.3418243946556614:2.980481026980631]
  set xtics autofreq
  plot for [i=0:3] 'gradient_growth.dat' index i using 1:3:4 with filledcurves \
      lt 1+(i-0)%7 fs transparent solid 0.2 noborder notitle, \
    for [i=0:3] 'gradient_growth.dat' index i using 1:2 with linespoints \
      lt 1+(i-0)%7 lw 2 dt 1+(i-0)/7 ps 0.7 pi 2 \
      title label[i+1]

  unset multiplot
  unset output
}
