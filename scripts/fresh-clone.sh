#!/usr/bin/env bash
# Tries both commands of the README as a newcomer would: from a fresh clone. Prints what it saw, to be pasted into a note.
#
#   scripts/fresh-clone.sh            with the target folder that is in use
#   scripts/fresh-clone.sh --cold     everything built anew, in an empty target folder
set -euo pipefail

source=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
group=
finish() {
    if [ -n "$group" ]; then kill -TERM -- "-$group" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap finish EXIT

if [ "${1:-}" = --cold ]; then export CARGO_TARGET_DIR="$work/target"; fi
export CARGO_TERM_COLOR=never
git clone --quiet "$source" "$work/langso"
cd "$work/langso"
echo "fresh clone of $(git log -1 --format='%h %s')"

port=$(node -e 's=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
address="127.0.0.1:$port"
start=$SECONDS
set -m
cargo xtask run --listen "$address" >"$work/run.log" 2>&1 &
group=$!
set +m
until curl --silent --fail --output /dev/null "http://$address/healthz"; do
    if ! kill -0 "$group" 2>/dev/null; then
        echo "cargo xtask run ended:"
        tail -n 20 "$work/run.log"
        exit 1
    fi
    sleep 1
done
echo "cargo xtask run: ready after $((SECONDS - start)) s"
for path in / /en /xa; do
    curl --silent --fail --output "$work/page.html" "http://$address$path"
    words=$(sed 's/<[^>]*>/ /g' "$work/page.html" | wc -w)
    echo "  $path: $(wc -c <"$work/page.html") bytes, $words words"
    [ "$words" -gt 50 ]
done
kill -TERM -- "-$group"
wait "$group" 2>/dev/null || true
group=
tail -n 3 "$work/run.log" | sed 's/^/  /'

start=$SECONDS
if cargo xtask test >"$work/test.log" 2>&1; then outcome="good"; else outcome="FAILED"; fi
echo "cargo xtask test: $outcome after $((SECONDS - start)) s"
grep -E 'FAILED|panicked' "$work/test.log" | head -n 20 || true
tail -n 13 "$work/test.log" | sed 's/^/  /'
[ "$outcome" = good ]
