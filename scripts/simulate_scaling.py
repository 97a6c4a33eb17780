#!/usr/bin/env python3
"""Estimates how long an index of n rows takes to embed, load into Milvus and count, on n nodes.

Each stage is a list of pieces of equal work that free workers take one after another, as
`rollcall index --task` and the slices of a count do. Every rate is an argument: the defaults are
those of docs/performance.md and docs/milvus.md, measured on two shared cores, and the speed of a
disk, which is an assumption. Only arithmetic: nothing is run.

    scripts/simulate_scaling.py --rows 400e6 --nodes 16 --query-nodes 8
"""
import argparse
import heapq
import random


def schedule(pieces, seconds, workers, jitter, restart, rng):
    """Ends of greedy workers over equal pieces. A piece takes up to jitter longer than seconds, and
    with probability restart is lost once when half done. Returns the time of the last end."""
    free = [0.0] * min(workers, pieces)
    heapq.heapify(free)
    end = 0.0
    for _ in range(pieces):
        took = seconds * (1 + jitter * rng.random())
        if rng.random() < restart:
            took += took / 2
        done = heapq.heappop(free) + took
        heapq.heappush(free, done)
        end = max(end, done)
    return end


def span(seconds):
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rows", type=float, required=True)
    p.add_argument("--dimension", type=int, default=512)
    p.add_argument("--nodes", type=int, default=1, help="that embed, and that scan files")
    p.add_argument("--query-nodes", type=int, default=1, help="of Milvus")
    p.add_argument("--loaders", type=int, default=1, help="loads side by side that Milvus keeps up with")
    p.add_argument("--queries", type=int, default=1, help="counted at once")
    p.add_argument("--embed-rate", type=float, default=0, help="samples/s of one node; 0: leave out")
    p.add_argument("--load-rate", type=float, default=15800, help="rows/s into Milvus")
    p.add_argument("--slice-seconds", type=float, default=0.022, help="of one slice of 16,384 rows and one query")
    p.add_argument("--disk", type=float, default=2e9, help="bytes/s that one node reads (an assumption)")
    p.add_argument("--partition-rows", type=int, default=100_000)
    p.add_argument("--jitter", type=float, default=0.2, help="a piece takes up to this share longer")
    p.add_argument("--restart", type=float, default=0.01, help="probability that a piece is lost once")
    p.add_argument("--seed", type=int, default=0)
    a = p.parse_args()
    if a.rows < 1 or min(a.nodes, a.query_nodes, a.loaders, a.queries, a.partition_rows) < 1:
        p.error("rows, nodes, query nodes, loaders, queries and partition rows start at 1")
    if min(a.load_rate, a.slice_seconds, a.disk) <= 0 or a.embed_rate < 0:
        p.error("rates are above 0")
    rng = random.Random(a.seed)
    rows = int(a.rows)
    partitions = -(-rows // a.partition_rows)
    slices = -(-rows // 16384)
    part_bytes = a.partition_rows * a.dimension * 2

    def run(pieces, seconds, workers):
        return span(schedule(pieces, seconds, workers, a.jitter, a.restart, rng))

    print(f"{rows:,} rows, {partitions:,} partitions, {slices:,} slices; "
          f"{rows * a.dimension * 2 / 1e9:,.0f} GB of float16 a modality")
    if a.embed_rate:
        print("embed                    ", run(partitions, a.partition_rows / a.embed_rate, a.nodes))
    print("load one modality        ", run(partitions, a.partition_rows / a.load_rate, a.loaders))
    print("count by file scan       ", run(partitions, part_bytes / a.disk, a.nodes))
    print("count by Milvus, exact   ", run(slices, a.slice_seconds * a.queries, a.query_nodes))


if __name__ == "__main__":
    main()
