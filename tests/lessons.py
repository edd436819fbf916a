"""What the lessons must print: the numbers that the list of lessons wants to be seen.

Each lesson asserts its numbers itself; here they are held to print them too. A claim is the start
or the end of a printed line, blanks aside.
"""

CLAIMS = {
    "01": """
        3x, from 2 to 6: rise 12, slope 3
        0.001     16.003
        2.00    16.0000    16.0000
        chain      -1.88452087  -1.88452087
        forward difference      5.9e-09  1e-08
        """,
    "02": """
        f(10) = 345.0
        after 1 update:  x = 3.6  f = 58.28
        10  -0.6655481856   3.6666704197
        the minimum:  x = -0.6666666667  f = 3.6666666667  slope = 0.0
        3.6     25.60     25.60
        """,
    "03": """
        10.0   10.0     60.0   80.0     60.0   80.0
        after 100 updates:  x = 0.0205487477  y = 0.00239211875  f = 5.00128964
        after 100 updates:  f =    5.0013,  as printed there    5.0108,  as drawn there  2.2364
        """,
    "04": """
        0.02     0.96    0.9600     0.9216    4.42e-01
        1.0    -1.00   -1.0000     1.0000    1.00e+00
        1.05    -1.10   -1.1000     1.2100    6.73e+00
        f'' = 6, so rates below 0.333333 arrive
        """,
    "05": """
        the last five w: 0.496  0.506  0.496  0.506  0.496
        with the prose's 0.1: 0.576  0.476  0.576  0.476  0.576
        Rosenblatt w = 0.500021
        """,
    "06": """
        u = 6.0   v = 11.0   J = 33.0
        dJ/da        3.0      3.0
        dJ/db        6.0      6.0
        dJ/dc        9.0      9.0
        from J back to v:  dJ/dJ * dJ/dv = 1 * 3 = 3
        from u back to b:  dJ/du * du/db = 3 * 2 = 6
        0                  33                   33
        1               22.02                 8.58
        2             15.5598           5.46765648
        3           10.885812          2.713682445
        4          6.36291978         0.9855570693
        5        0.6902542032         0.2764468379
        6        -7.614039707        0.06833317932
        both agree
        """,
    "07": """
        x = 27.0   y = 17.0   z = 459.0
        dz/dk      51.0     51.0
        dz/dm     271.0    271.0
        along one arrow comes 17 * 8 = 136
        along one arrow comes 27 * 5 = 135
        k = 0.8235294118  z = 450.0000000000
        k = 0.8235        z = 449.9985
        2  0.9114395228  2.9833333342    450.0000004513
        z misses 450 by 0.0330066872;  15pq + 40q^2 = 0.0330066872
        15  0.99393359  2.96776714    450.00000001
        """,
    "08": """
        d = 6.0   dd/da by hand 6, engine 6.0
        breadth first 2:  d sends back 1, b sends back 1, c sends back 1, a sends back 2
        depth first   2:  d sends back 1, b sends back 1, a sends back 2, c sends back 1
        3 additions: 17 graphs in all, breadth first is wrong on 3, depth first on 3
        """,
    "09": """
        f was computed 6 times for the right column, and once for the left
        1000     3,000      4,999    1.67        3,003,000
        1,048,576 paths, 40 arrows, gradient 1,048,576
        """,
    "10": """
        cost at the start: 815.75
        the end:  w = 3.195717302624  b = 2.329492791802  cost 0.82623005425
        curved across 144.2695, along 0.2305: 626 times less
        """,
    "11": """
        the best w is 1.270564
        the text's batch ends at 1.244905274, one at a time at 1.244905274: they are the same
        all hundred, 1000 updates: w = 1.270564403, the best 1.270564403
        """,
    "12": """
        X has the shape (100, 2) and the type float32
        step 200   W = 0.100007, 0.200004   b = 0.299994
        """,
    "13": """
        1  1     1     0    1
        the text's line says [0, 1, 1, 1] at the corners: that is OR
        of 68,921 neurons: 1,540 are AND, 1,330 are NAND, 2,870 are OR, 0 are XOR
        XOR: None after 100 rounds
        """,
    "14": """
        step(3.0) = 1   steps of an array: [0, 1, 1]
        sigmoid(1) = 0.7310585786, sigmoid(2) = 0.880797078
        1.0    0.1966119332  0.1966119332   0.1966119332  0.1966119332
        h(h(h(2))) = 9.826000 = c^3 * 2 = 9.826000, slope 4.913000
        """,
    "15": """
        A @ x:   [0.22, 0.28] of the shape (2,)
        A @ [0.1, 0.2] -> matmul() got shapes (2, 3) and (2,); expected as many columns on the left
        """,
    "16": """
        h1  by hand 0.574442516812 0.668187772168 0.750260105595
        y   by hand 0.316827076411 0.696279089862
        engine  0.316827076411 0.696279089862
        """,
    "17": """
        as written [nan, nan, nan]
        shifted    [0.99995460007
        by hand [0.018211273, -0.754808187, 0.736596914]
        """,
    "18": """
        0.5   0.6931           -2.0000  -2.0000
        the accuracy has the slope 0 at 997 of 997 places
        """,
    "19": """
        h1 = h2 = 0.04742587318   y_hat = 0.5236951741   L = 0.2268662872
        dL/dy   = -0.9526096518
        dy/dh1  = 0.2494385387
        dh1/dw1 = -0.09035331946
        dL/dw1  = 0.02146953527 by hand, 0.02146953527 by the engine
        from short factors: 0.0214, from all digits: 0.0215
        """,
    "20": """
        after 1000 rounds the loss is 0.00149
        Emily: 0.968
        Frank: 0.039
        the nine generated derivatives equal those by hand
        none: all right
        loss after 1000 rounds: 0.001490, with the slip in w4 0.001484
        """,
    "21": """
        the cost at the start: 0.1940940892
        one sample: the cost goes from 0.1940940892 to 0.0999193605 in 1501 updates
        ten samples: from 0.364610982427 to 0.0998939625855 in 1875 updates
        """,
    "22": """
        s = -0.3 t = 1 loss 1.3 by hand -1 engine -1.0
        337 parameters, the first is 0.235506
        step 99 loss 0.0120 accuracy 1.00
        all points on their side for the first time at step 48
        Values loss 0.012307308694
        compiled loss 0.012307308694
        arrays loss 0.012307308694
        """,
    "23": """
        from zeros, neuron 1 after 50 steps: w = [0.0, 0.0]
        deviations: 0.0997 and 0.3265; 1/sqrt(hidden) = 0.1000, 1/sqrt(output) = 0.3162
        """,
    "24": """
        training: (5000, 784) float32   labels: (5000,) int64
        one_hot_label=True:  5 is [0, 0, 0, 0, 0, 1, 0, 0, 0, 0]
        cut short        broken.idx: got 23 bytes, expected 28 for shape (2, 2, 3) of uint8
        a pickle ran this line while it was being loaded
        """,
    "25": """
        5,000 digits to learn from, 1,000 to be examined with
        784-50-10: the best test accuracy is 0.9
        784-256-128-10 with Adam: training accuracy 0.9
        """,
    "26": """
        momentum            0.960883    0.232059    0.100016
        AdaGrad: step 1 is 0.1000 long, step 100 0.0100, step 10000 0.0010
        """,
    "27": """
        144 names, the longest of 9 letters; 27 tokens
        4,128 parameters, each a Value
        by hand -0.471863587, engine -0.471863587
        """,
}

# The ends of what the command lines in a lesson print; of a lesson not named here there are none.
COMMANDS = {
    "02": ["-0.6655481856", "3.66667041967"],
    "03": ["0.0205487477", "5.00128964"],
    "04": ["1.048576e-14"],
    "05": ["0.500021"],
    "06": ["-7.61403970684", "J<0.1 after 6 steps"],
    "19": ["0.0214695352658", "∂result/∂w1 = 0.02147"],
}

# Run by the plain `pytest`; AUTODIFF_TESTS=all runs them all.
SMOKE = ("02", "06", "07", "19", "22")
