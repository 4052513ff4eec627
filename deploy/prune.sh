#!/bin/sh
# Takes out of an image's packages what no process of DLD reads; the image is tried after this.
# $1: their virtual environment.
set -eu
cd "$1"/lib/python3.*/site-packages

# tests; headers and sources of what is compiled
find . -depth -type d \( -name test -o -name tests -o -name include \) -exec rm -r {} +
find . -type f \( -name '*.[ach]' -o -name '*.cc' -o -name '*.p[xy][dixy]' \) ! -name '*.py' -delete
# Arrow: other machines' files, formats other than Parquet, a library's second and third name
rm -rf pyarrow/src pyarrow/libarrow_flight.* pyarrow/libarrow_s3.* pyarrow/libarrow_python_flight.* \
    pyarrow/_azurefs.* pyarrow/_flight.* pyarrow/_gcsfs.* pyarrow/_hdfs.* pyarrow/_orc.* \
    pyarrow/_s3fs.* pyarrow/_substrait.* pyarrow/libarrow_python*.so pyarrow/libarrow_python*.so.*.*
# LiteRT: all but its interpreter
[ ! -d ai_edge_litert ] || rm -rf ai_edge_litert/libLiteRt*.so ai_edge_litert/aot ai_edge_litert/tools \
    ai_edge_litert/vendors ai_edge_litert/*_generated.py google ml_dtypes tqdm
# wordfreq: one of its lists is read, its code is not
find . -path './wordfreq/data/*' ! -name small_en.msgpack.gz -delete
[ ! -d wordfreq ] || rm -rf ftfy langcodes regex wcwidth
# every service of Amazon's but queues, and what gives their credentials
find . -path './boto*/data/*' -prune -type d ! -name sqs ! -name sts ! -name 'sso*' -exec rm -r {} +
# colours of languages that nobody prints; maps in notebooks
find . -path './pygments/lexers/*.py' ! -name '_*' ! -name python.py -delete
rm -rf pydeck/nbextension duckdb/experimental numpy/_core/_simd.* numpy/distutils numpy/f2py
