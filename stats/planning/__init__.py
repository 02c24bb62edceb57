"""How large must it be? Precision, power and sizes of planned comparisons of sites; what history says about them."""
