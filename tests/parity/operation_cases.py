"""One or more expressions for every operation that compiled code may use; names of arguments say their kind.

a, b: arrays of float64; m, n: matrices; k: int64 array; q, p: truth values; x, y: floats; i, j: integers.
"""

from __future__ import annotations

# Arrays of any length, also empty, with every special value.
ELEMENTWISE = {
    "exponentials": "np.exp(a) np.exp2(a) np.expm1(a) np.log(a) np.log2(a) np.log10(a) np.log1p(a) "
    "np.cbrt(a) np.sqrt(a)",
    "angles": "np.sin(a) np.cos(a) np.tan(a) np.arcsin(a) np.arccos(a) np.arctan(a) np.arctan2(a,b) "
    "np.hypot(a,b)",
    "hyperbolic": "np.sinh(a) np.cosh(a) np.tanh(a) np.arcsinh(a) np.arccosh(a) np.arctanh(a) "
    "np.logaddexp(a,b)",
    "signs": "np.copysign(a,b) np.fabs(a) np.abs(a) np.absolute(a) abs(a) np.sign(a) np.square(a) "
    "np.reciprocal(a) -a",
    "extremes": "np.maximum(a,b) np.minimum(a,0.0) np.fmax(a,b) np.fmin(a,b) np.clip(a,-1.0,1.0) "
    "a.clip(0.0,2.0)",
    "divisions": "np.floor_divide(a,b) np.remainder(a,b) np.mod(a,b) np.fmod(a,b) a//b a%b a/b a//2.0 "
    "a%-3.0 1.0/a",
    "powers": "np.power(a,b) a**2 a**2.0 a**3 a**0.5 a**-1 a**-2 a**b 2.0**a a**0.3 a**x np.exp(a.size)",
    "rounding": "np.floor(a) np.ceil(a) np.trunc(a) np.rint(a) np.round(a) a.round() np.round(x) "
    "np.exp(x) np.sign(x)",
    "arithmetic": "np.add(a,b) np.subtract(a,b) np.multiply(a,b) np.divide(a,b) np.true_divide(a,b) "
    "a+b*a-b a*2 np.outer(a,b)",
    "tests": "np.isnan(a) np.isfinite(a) np.isinf(a) np.signbit(a) np.where(a>b,a,b) np.where(a>0,1.0,x) "
    "np.where(a>0,x,b) np.where(a>0,a,2) np.where(x>0,x,2.0) a<b a==b ~(a<b)",
    "relations": "np.less(a,b) np.less_equal(a,b) np.greater(a,b) np.greater_equal(a,b) np.equal(a,b) "
    "np.not_equal(a,b)",
    "logic": "np.logical_and(a>0,b>0) np.logical_or(a>0,b>0) np.logical_not(a>0) np.logical_xor(a>0,b>0) "
    "(a>0)&(b>0)",
    "new": "np.zeros(4) np.ones(3) np.full(3,x) np.zeros_like(a) np.ones_like(a) np.full_like(a,x) "
    "np.empty(0) "
    "np.empty_like(a[:0]) np.copy(a) a.copy() np.zeros(3,dtype=bool) np.ones(2,dtype=int) np.zeros((2,3)) "
    "np.full(2,7)",
    "made": "np.array([x,2.0,x*2]) np.array([1,2,3]) np.asarray(a) np.arange(i) np.arange(2,i) "
    "np.arange(9,i,-2) "
    "np.arange(0.1,x*0.0+3.0,0.1) np.arange(2.5) np.linspace(0,1,7) np.linspace(0.1,x*0.0+0.7,50) "
    "np.linspace(3.0,3.0,4)",
    "moved": "np.concatenate((a,b)) np.stack((a,b)) np.vstack((a,b)) np.hstack((a,b)) "
    "np.column_stack((a,b)) np.roll(a,3) "
    "np.flip(a) np.repeat(a,2) a.repeat(3) np.ravel(a) a.ravel() a.flatten() np.append(a,b)"
    " np.shape(a) np.size(a) a.take(np.arange(min(i,a.size)))",
    "found": "np.flatnonzero(a>0) np.nonzero(a>0)[0] (a>0).nonzero()[0] np.count_nonzero(a>0) np.any(a>0) "
    "np.all(a>0) "
    "(a>0).any() (a>0).all() np.any(a) np.all(a) a[a>0] a[~np.isnan(a)].sum()",
    "running": "np.cumsum(a) np.cumprod(a) np.prod(a) a.cumsum() a.cumprod() a.prod() np.diff(a)",
    "sums": "np.sum(a) a.sum() np.nansum(a) np.mean(a) a.mean() np.nanmean(a) np.average(a) np.sum(a>0) "
    "np.mean(a>0) "
    "np.sum(a,axis=0) np.mean(a,axis=-1) a.sum(0)",
    "spreads": "np.std(a) np.std(a,ddof=1) a.std() a.var(ddof=1) np.var(a) np.nanstd(a,ddof=1) "
    "np.nanvar(a) np.std(a,axis=0)",
    "orders": 'np.sort(a) np.argsort(a,kind="stable") a.argsort(kind="mergesort") '
    'np.argsort(-a,kind="stable") np.unique(a) '
    'np.searchsorted(np.sort(a),b) np.searchsorted(np.sort(a),x,side="right") a.searchsorted(b) '
    "np.median(a) np.nanmedian(a) "
    "a.astype(float) (a>0).astype(np.int64) a.astype(bool) np.bool_(x>1.0) np.float64(x) np.int64(i)",
}
# Arrays of at least one number, not all of them NaN.
NOT_EMPTY = {
    "largest": "np.max(a) np.min(a) np.amax(a) np.amin(a) a.max() a.min() np.nanmax(a) np.nanmin(a) "
    "np.ptp(a) np.max(a,axis=0)",
    "places": "np.argmax(a) np.argmin(a) a.argmax() a.argmin() np.nanargmax(a) "
    "np.nanargmin(a) a[:1].item() max(a) min(a)",
    "levels": "np.quantile(a,0.3) np.quantile(a,1.0) np.percentile(a,25.0) np.percentile(a,50)",
    "finite": "np.dot(a,b) a.dot(b) a@b np.copy(a).reshape(a.size,1) np.reshape(np.copy(a),(1,a.size))",
}
MATRICES = {
    "matrix sums": "np.sum(m) np.sum(m,axis=0) np.sum(m,axis=1) m.mean() m.mean(axis=0) m.mean(axis=1) "
    "m[:,0].mean() "
    "np.nansum(m) np.nansum(m,axis=0) np.nanmean(m,axis=0) np.nanmean(m,axis=1)",
    "matrix spreads": "m.std() m.std(axis=0) np.std(m,axis=1,ddof=1) np.var(m,axis=0,ddof=1) "
    "m.var(axis=-1) np.nanstd(m,axis=0) "
    "np.nanvar(m,axis=1,ddof=1)",
    "matrix extremes": "m.max() m.max(axis=0) np.min(m,axis=1) np.nanmax(m,axis=0) np.nanmin(m,axis=1) "
    "np.amax(m,axis=0) "
    "np.median(m) np.any(m>0) np.maximum(m,n)",
    "matrix views": "np.exp(m[::-1]) m[1:]-m[:-1] m[:,::-1]*2.0 m[:,1:]+1.0 m[::2] np.stack((m[0],m[-1])) "
    "m[:1]*m[0] "
    "(m-m.mean(axis=0)).sum(axis=0) (m*n).sum() (m/n).mean(axis=1) np.exp(m-n).sum(axis=0) "
    "m[np.arange(1)] np.ravel(m)",
    "matrix elements": "np.exp(m) np.log(m) m**3 m//n m%n m*n+m np.power(m,n) np.tanh(m) m**2 "
    "np.where(m>n,m,n)",
}
WHOLE = {
    "whole": "np.sum(k) k.sum() np.mean(k) np.std(k) np.max(k) k.min() np.sort(k) "
    "np.argsort(k,kind='stable') np.unique(k) "
    "np.cumsum(k) k+k k*3 k-1 k/2 k*0.5 k//3 k%3 np.abs(k) np.sign(k) np.maximum(k,2) np.minimum(k,k) -k k>2 "
    "k.astype(np.float64) k.astype(int) np.square(k) np.median(k) np.prod(k) np.diff(k)",
    "truths": "np.sum(q) q.sum() np.mean(q) q&p q|p q^p ~q np.any(q) np.all(q) q*2.0 q+1 "
    "np.count_nonzero(q) q.astype(np.float64)",
    "values": "len(k) [v*2 for v in k][0] [(u,v) for u,v in zip(k,q)][0] [(u,v) for u,v in enumerate(k)][-1] "
    "min(i,j) max(i,j,3) tuple((i,j)) list((i,j)) [u for u in range(i)] bool(i) isinstance(i,int) "
    "k[slice(0,1)]",
}
# Numbers: each expression by itself, because any may raise.
OF_TWO_FLOATS = (
    *(
        "x+y",
        "x-y",
        "x*y",
        "x/y",
        "x//y",
        "x%y",
        "x**y",
        "pow(x,y)",
        "x<y",
        "x==y",
        "x!=y",
        "-x",
        "+x",
        "abs(x)",
        "not x",
    ),
    *(
        "min(x,y)",
        "max(x,y)",
        "min(0,x)",
        "max(0.0,x,y)",
        "x**2",
        "x**-1",
        "x**0.5",
        "x**3",
        "2**x",
        "x if x>y else y",
    ),
    *("int(x)", "round(x)", "float(x)", "bool(x)", "math.copysign(x,y)", "math.fmod(x,y)", "math.pow(x,y)"),
    *(
        "math.atan2(x,y)",
        "math.isnan(x)",
        "math.isinf(x)",
        "math.isfinite(x)",
        "math.fabs(x)",
        "math.floor(x)",
    ),
    *("math.ceil(x)", "math.trunc(x)", "math.degrees(x)", "math.radians(x)", "math.log(x)", "math.log(x,y)"),
    *("math.sqrt(x)", "np.float64(x)", "np.int64(x)", "x and y", "np.isnan(x)", "np.where(x>y,x,y)"),
    *(
        f"math.{name}(x)"
        for name in (
            *(
                "exp",
                "exp2",
                "expm1",
                "log2",
                "log10",
                "log1p",
                "cbrt",
                "erf",
                "erfc",
                "sin",
                "cos",
                "tan",
                "asin",
            ),
            *("acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
        )
    ),
)
OF_TWO_INTEGERS = (
    *(
        "i+j",
        "i-j",
        "i*j",
        "i/j",
        "i//j",
        "i%j",
        "i**j",
        "i<<j",
        "i>>j",
        "i&j",
        "i|j",
        "i^j",
        "-i",
        "~i",
        "abs(i)",
        "i**2",
    ),
    *(
        "i<j",
        "i==j",
        "float(i)",
        "int(i)",
        "round(i)",
        "bool(i)",
        "math.sqrt(i)",
        "math.floor(i)",
    ),
)
OF_BOTH = (
    "i<x",
    "i<=x",
    "i>x",
    "i>=x",
    "i==x",
    "i!=x",
    "x<i",
    "i+x",
    "i*x",
    "i/x",
    "x**i",
    "i**x",
    "i//x",
    "i%x",
    "x*i-i",
)

REFUSED = {
    "math.gcd(i,j)": "python",
    "np.transpose(a)": "column",
    "a.transpose()": "column",
    "np.vstack((a,b)).T": "column",
    "np.vstack((a,b))[:,np.arange(2)]": "columns",
    "np.float32(x)": "np.float64",
    "np.random.normal()": "bars",
    "np.linalg.norm(a)": "sums",
    "np.corrcoef(a,b)": "np.mean",
    "np.cov(a,b)": "np.mean",
    "np.convolve(a,b)": "loop",
    "np.correlate(a,b)": "loop",
    "np.trapezoid(a)": "np.sum",
    "np.argpartition(a,1)": "stable",
    "np.partition(a,1)": "np.sort",
    **{
        f"np.{name}(i)": "np.int64"
        for name in ("int8", "int16", "int32", "uint8", "uint16", "uint32", "uint64")
    },
    "math.hypot(x,y)": "math.sqrt",
    "math.gamma(x)": "python",
    "math.lgamma(x)": "python",
    "math.fsum(a)": "np.sum",
    "math.prod(a)": "np.prod",
    "sum(a)": "np.sum",
    "sorted(a)": "np.sort",
    "divmod(i,j)": "//",
    "set((i,j))": "tuple",
    "frozenset((i,j))": "tuple",
    "hash(x)": "python",
    "open('file')": "read_bars",
    **{f"a.{name}()": "python" for name in ("view", "tolist", "trace", "ptp", "byteswap", "conj")},
    **{f"a.{name}(1)": "python" for name in ("partition", "argpartition")},
    "np.argsort(a)": "stable",
    "a.argsort()": "stable",
    "round(x,2)": "100.0",
    "np.round(a,2)": "scale",
    "np.std(a,correction=1)": "ddof",
    "np.polyfit(a,b,1)": "python",
    "np.sum(a,dtype=float)": "axis",
    "np.quantile(a,0.5,method='lower')": "level",
    "(a>b)+(b>a)": "and",
    "(x>y)+(y>x)": "and",
    "-(x>y)": "not",
    "np.exp(a,out=b)": "alone",
    "{i,j}": "tuple",
    "(lambda t: t)": "module",
}
STATEMENTS = {  # tried as the body of a function
    "print(x)": "print",
    "a.sort(); return a": "sort",
    "a.fill(x); return a": "fill",
}
