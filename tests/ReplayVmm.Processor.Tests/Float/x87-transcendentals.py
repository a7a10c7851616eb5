#!/usr/bin/env python3
"""Writes x87-transcendentals.txt: values of the transcendental functions to 1,000 bits by mpmath, rounded to the 80-bit format in its four ways.

Columns: function, ST1, ST0, then the result rounded to nearest, down, up, to zero; numbers as sign and exponent:significand.
"""
import random
from mpmath import mp, mpf, sin, cos, tan, atan2, log, pi, floor, frexp, expm1, log1p

mp.prec = 1000
random.seed(80)
BIAS = 16383


def number(sign, exponent, significand):
    return (sign, exponent, significand)


def value(n):
    v = mpf(n[2]) * mpf(2) ** (n[1] - 63)
    return -v if n[0] else v


def text(n):
    return f"{n[0] << 15 | n[1] + BIAS:04x}:{n[2]:016x}"


def rounded(v):
    sign = 1 if v < 0 else 0
    m, e = frexp(abs(v))
    scaled = mpf(m) * 2**64
    low = int(floor(scaled))
    rest = scaled - low
    assert 0 < rest < 1, v
    down = number(sign, e - 1, low)
    up = number(sign, e - 1, low + 1) if low + 1 < 2**64 else number(sign, e, 2**63)
    nearest = up if rest > mpf(1) / 2 else down
    toward_minus, toward_plus = (up, down) if sign else (down, up)
    return [nearest, toward_minus, toward_plus, down]


def near(v):
    """The 64-bit number nearest to a real one, or a neighbour."""
    m, e = frexp(abs(v))
    s = int(floor(mpf(m) * 2**64)) + random.choice([0, 0, 1, -1])
    return number(random.randint(0, 1), e - 1, min(max(s, 2**63), 2**64 - 1))


def some(low, high, sign=None):
    s = random.getrandbits(63) | 1 << 63
    if random.random() < 0.2:
        s &= ~((1 << random.randrange(63)) - 1)
    return number(random.randint(0, 1) if sign is None else sign, random.randint(low, high), s)


def angle():
    kind = random.randrange(5)
    if kind == 0:
        return near(pi / 2 * random.randrange(1, 2 ** random.randrange(1, 62)))
    if kind == 1:
        return near(pi / 4 * random.randrange(1, 16))
    if kind == 2:
        return some(-100, -2)
    return some(-3, 62)


def positive():
    kind = random.randrange(4)
    if kind == 0:
        return some(-16000, 16000, 0)
    if kind == 1:
        n = near(1 + mpf(random.choice([-1, 1])) * mpf(2) ** -random.randrange(1, 63))
        return number(0, n[1], n[2])
    return some(-3, 3, 0)


def rows():
    for _ in range(160):
        a = angle()
        x = value(a)
        yield "sin", None, a, sin(x)
        a = angle()
        yield "cos", None, a, cos(value(a))
        a = angle()
        yield "tan", None, a, tan(value(a))
        y, a = (some(-60, 60), some(-60, 60)) if random.random() < 0.5 else (some(-16000, 16000), some(-16000, 16000))
        yield "atan", y, a, atan2(value(y), value(a))
        y, a = some(-100, 100), positive()
        yield "log", y, a, value(y) * log(value(a)) / log(2)
        y, a = some(-100, 100), some(-150, -3)
        yield "log1", y, a, value(y) * log1p(value(a)) / log(2)
        a = some(-150, -1)
        yield "exp", None, a, expm1(value(a) * log(2))


with open("x87-transcendentals.txt", "w", encoding="ascii") as out:
    for name, y, a, v in rows():
        e = frexp(v)[1]
        if v == 0 or abs(e) > 16380 or mpf(frexp(abs(v))[0]) * 2**64 == floor(mpf(frexp(abs(v))[0]) * 2**64):
            continue
        print(name, text(y) if y else "0000:0000000000000000", text(a), *(text(r) for r in rounded(v)), file=out)
