#!/usr/bin/env bash
# Judges a running site with Lighthouse: home, curves, recall and a board, and writes one JSON report a page.
#   build/lighthouse.sh [http://localhost:5210] [artifacts/reports/lighthouse]
# Needs node 20, npm and chromium. Ends with code 8 when a category of a page is below 0.95.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
base=${1:-http://localhost:5210}
out=${2:-$root/artifacts/reports/lighthouse}
tool=$root/artifacts/lighthouse
mkdir -p "$out" "$tool"
out=$(cd "$out" && pwd)
for program in node npm chromium curl; do
  command -v "$program" >/dev/null || { echo "'$program' is not on this machine; Lighthouse needs it." >&2; exit 3; }
done
curl -sf -o /dev/null "$base/" || { echo "No site answers at $base. Start one: ./bench up --site-only" >&2; exit 6; }
[ -x "$tool/node_modules/.bin/lighthouse" ] || (cd "$tool" && npm install --silent --no-audit --no-fund --no-save lighthouse@12)

CHROME_PATH=$(command -v chromium)
export CHROME_PATH
flags="--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
status=0
for page in home:/ curves:/curves recall:/recall board:/leaderboards/speed-causal-self; do
  name=${page%%:*}
  # On a busy machine the browser now and then misses the start of a page; that is no judgement on it.
  for try in 1 2 3; do
    "$tool/node_modules/.bin/lighthouse" "$base${page#*:}" --quiet --output=json --output-path="$out/$name.json" --chrome-flags="$flags" && break
    [ "$try" -lt 3 ] || exit 1
  done
  node -e '
    const [file, name] = process.argv.slice(1);
    const report = JSON.parse(require("fs").readFileSync(file));
    const scores = Object.values(report.categories).map(category => [category.id, category.score]);
    console.log(name.padEnd(8) + scores.map(([id, score]) => `${id} ${score}`).join("  ")
      + `  layout shift ${report.audits["cumulative-layout-shift"].numericValue.toFixed(3)}`);
    process.exit(scores.every(([, score]) => score >= 0.95) ? 0 : 8);' "$out/$name.json" "$name" || status=8
done
exit $status
