#!/usr/bin/env python3
"""Draws the dashboard from a Prometheus: every panel's own query, over its last minutes.

usage: picture.py PROMETHEUS_URL MINUTES FILE.svg
"""

import json
import pathlib
import sys
import time
import urllib.parse
import urllib.request
from html import escape

COLUMN, ROW, GAP = 50, 34, 10
COLOURS = ["#2f6fb0", "#c8553d", "#3f8f5b", "#8a5fb5", "#b8860b", "#4b9aa8", "#a34a7d", "#6b6b6b"]
WINDOW, STEP = "30s", 2


def main(url, minutes, file):
    dashboard = json.loads((pathlib.Path(__file__).parent / "dashboard.json").read_text())
    end = time.time()
    span = (end - 60 * float(minutes), end)
    panels = [draw(panel, url, span) for panel in dashboard["panels"]]
    height = max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in dashboard["panels"]) * ROW
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * COLUMN} {height}" role="img" '
        f'aria-label="The dashboard, from {minutes} minutes of a real Envoy" font-family="sans-serif" font-size="12">\n'
        f'<rect width="{24 * COLUMN}" height="{height}" fill="#f4f5f7"/>\n' + "\n".join(panels) + "\n</svg>\n"
    )
    pathlib.Path(file).write_text(picture)


def draw(panel, url, span):
    place = panel["gridPos"]
    x, y = place["x"] * COLUMN + GAP / 2, place["y"] * ROW + GAP / 2
    width, height = place["w"] * COLUMN - GAP, place["h"] * ROW - GAP
    parts = [
        f'<g transform="translate({x:g} {y:g})">',
        f'<rect width="{width:g}" height="{height:g}" fill="#fff" stroke="#d5d9df"/>',
        f'<text x="10" y="20" font-weight="bold">{escape(panel["title"])}</text>',
    ]
    unit = panel["fieldConfig"]["defaults"]["unit"]
    if panel["type"] == "stat":
        value = number(float(ask(url, panel["targets"][0]["expr"], span)[0][1][-1][1]), unit)
        parts.append(f'<text x="{width / 2:g}" y="{height * 0.75:g}" font-size="40" text-anchor="middle">{value}</text>')
    else:
        stacked = panel["fieldConfig"]["defaults"]["custom"]["stacking"]["mode"] == "normal"
        parts += plot(lines(panel, url, span), stacked, unit, span, width, height)
    return "\n".join(parts + ["</g>"])


def lines(panel, url, span):
    """The panel's series by what its legend calls them."""
    found = []
    for target in panel["targets"]:
        for labels, points in ask(url, target["expr"], span):
            name = target["legendFormat"]
            for label, value in labels.items():
                name = name.replace("{{" + label + "}}", value)
            values = {float(at): float(value) for at, value in points if value != "NaN"}
            if values:
                found.append((name, values))
    return found


def plot(series, stacked, unit, span, width, height):
    left, top, right, bottom = 58, 34, width - 10, height - 52
    if stacked:
        series = stack(series)
    highest = max([value for _, values in series for value in values.values()] + [0]) or 1
    across = lambda at: left + (at - span[0]) / (span[1] - span[0]) * (right - left)
    up = lambda value: bottom - value / highest * (bottom - top)
    parts = []
    for share in (0, 0.5, 1):
        level = up(highest * share)
        parts.append(f'<path d="M{left} {level:.1f}H{right:g}" stroke="#e3e6ea"/>')
        parts.append(f'<text x="{left - 6}" y="{level + 4:.1f}" text-anchor="end">{number(highest * share, unit)}</text>')
    for minute in range(int((span[1] - span[0]) / 60) + 1):
        label = minute or "0 min"
        parts.append(f'<text x="{across(span[0] + 60 * minute):.1f}" y="{bottom + 15:.1f}" text-anchor="middle">{label}</text>')
    # From the back to the front: in a stack the highest comes first.
    for index, (name, values) in reversed(list(enumerate(series))):
        colour = COLOURS[index % len(COLOURS)]
        points = sorted(values.items())
        path, before = "", None
        for at, value in points:
            # No line where there was nothing to show.
            path += f'{"L" if before and at - before < 3 * STEP else "M"}{across(at):.1f} {up(value):.1f}'
            before = at
        if stacked:
            parts.append(f'<path d="{path}L{across(points[-1][0]):.1f} {bottom}L{across(points[0][0]):.1f} {bottom}Z" fill="{colour}"/>')
        else:
            parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
    at, line = left, bottom + 30
    for index, (name, _) in enumerate(series):
        long = 7 * len(name) + 26
        if at + long > right and at > left:
            at, line = left, line + 15
        parts.append(f'<rect x="{at}" y="{line - 9:.1f}" width="10" height="10" fill="{COLOURS[index % len(COLOURS)]}"/>')
        parts.append(f'<text x="{at + 14}" y="{line:.1f}">{escape(name)}</text>')
        at += long
    return parts


def stack(series):
    below, stacked = {}, []
    for name, values in series:
        below = {at: below.get(at, 0) + value for at, value in values.items()}
        stacked.append((name, below))
    return stacked


def number(value, unit):
    if unit == "percentunit":
        return f"{100 * value:.3g} %"
    return f"{value:.3g}" + {"reqps": "/s", "s": " s", "ms": " ms"}.get(unit, "")


def ask(url, query, span):
    for name, value in {"$__rate_interval": WINDOW, "$policy": ".*", "$provider": ".*"}.items():
        query = query.replace(name, value)
    asked = urllib.parse.urlencode({"query": query, "start": span[0], "end": span[1], "step": STEP})
    with urllib.request.urlopen(f"{url}/api/v1/query_range?{asked}") as answer:
        result = json.load(answer)["data"]["result"]
    return [(series["metric"], series["values"]) for series in result]


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
