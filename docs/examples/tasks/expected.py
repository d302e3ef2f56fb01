"""Computes the expected answers of the tasks from the data files, without Bailiwick.

    python3 expected.py            prints id and answer of each task that is computed
    python3 expected.py --check    compares them with tasks.jsonl and names the rest, which was worked out by hand
"""
import csv
import json
import os
import statistics
import sys
from collections import defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))


def table(name, delimiter=","):
    with open(os.path.join(HERE, "data", name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def mean(values):
    return sum(values) / len(values)


def correlation(xs, ys):
    a, b = mean(xs), mean(ys)
    covariance = sum((x - a) * (y - b) for x, y in zip(xs, ys))
    return covariance / (sum((x - a) ** 2 for x in xs) * sum((y - b) ** 2 for y in ys)) ** 0.5


weather = table("weather.csv")
lines = table("order-lines.csv")
customers = {row["customer"]: row for row in table("customers.csv")}
sales = {row["Contract type"]: row for row in table("contract-sales.csv")}
lands = table("bundeslaender.csv", ";")
trains = table("trains.csv")
planets = table("planets.csv")
reviews = table("reviews.csv")
elements = json.load(open(os.path.join(HERE, "data", "elements.json"), encoding="utf-8"))
readings = [json.loads(line) for line in open(os.path.join(HERE, "data", "readings.jsonl"), encoding="utf-8")]


def money(text):
    return float(text.replace("$", "").replace(",", "").strip())


def german(text):
    return int(text.replace(".", ""))


def by(rows, key):
    groups = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups


EXPECTED = {}

# Weather
wet = [row for row in weather if float(row["precipitation"]) > 0]
EXPECTED["weather-wet-days"] = len(wet)
EXPECTED["weather-hottest-day"] = max(weather, key=lambda row: float(row["temp_max"]))["date"]
months = defaultdict(list)
for row in weather:
    months[row["date"][:7]].append(float(row["temp_max"]))
warmest = max(months, key=lambda month: mean(months[month]))
EXPECTED["weather-warmest-month"] = {"month": warmest, "celsius": mean(months[warmest])}
longest = run = 0
for row in weather:
    run = run + 1 if float(row["precipitation"]) == 0 else 0
    longest = max(longest, run)
EXPECTED["weather-dry-spell"] = longest
EXPECTED["weather-correlation"] = correlation(
    [float(row["temp_max"]) for row in weather], [float(row["wind"]) for row in weather]
)
EXPECTED["weather-median-wind"] = statistics.median(float(row["wind"]) for row in weather)

# Orders
EXPECTED["orders-delivered-total"] = sum(float(row["price"]) for row in lines if row["status"] == "delivered")
totals = defaultdict(float)
for row in lines:
    totals[row["order"]] += float(row["price"])
EXPECTED["orders-largest"] = max(totals, key=totals.get)
states = defaultdict(float)
for row in lines:
    if row["customer"] in customers:
        states[customers[row["customer"]]["state"]] += float(row["price"])
EXPECTED["orders-by-state"] = [state for state, _ in sorted(states.items(), key=lambda item: -item[1])[:3]]
EXPECTED["orders-unknown-customer"] = sorted({row["customer"] for row in lines if row["customer"] not in customers})
ordered = {row["customer"] for row in lines}
EXPECTED["orders-silent-customers"] = len([name for name in customers if name not in ordered])
texas = {row["order"] for row in lines if customers.get(row["customer"], {}).get("state") == "TX"}
EXPECTED["orders-texas-mean"] = mean([totals[order] for order in sorted(texas)])
EXPECTED["orders-age"] = None

# Contract sales
EXPECTED["sales-growth"] = (money(sales["Total sales"]["2019"]) / money(sales["Total sales"]["2017"]) - 1) * 100
EXPECTED["sales-2016"] = None

# Länder
EXPECTED["laender-einwohner"] = sum(german(row["Einwohner"]) for row in lands)
EXPECTED["laender-dichte"] = max(lands, key=lambda row: german(row["Einwohner"]) / german(row["Fläche (km²)"]))["Land"]
EXPECTED["laender-flaeche"] = [
    row["Land"] for row in sorted(lands, key=lambda row: -german(row["Fläche (km²)"]))[:3]
]
EXPECTED["laender-stadtstaaten"] = sorted(row["Land"] for row in lands if row["Land"] == row["Hauptstadt"])

# Trains
ran = [row for row in trains if row["retard (min)"] != ""]
EXPECTED["trains-retard-moyen"] = mean([int(row["retard (min)"]) for row in ran])
EXPECTED["trains-sans-retard-connu"] = sorted(int(row["numéro"]) for row in trains if row["retard (min)"] == "")
lines_late = {
    "–".join(key): mean([int(row["retard (min)"]) for row in group if row["retard (min)"] != ""])
    for key, group in by([{**row, "ligne": (row["départ"], row["arrivée"])} for row in trains], "ligne").items()
}
EXPECTED["trains-pire-ligne"] = max(lines_late, key=lines_late.get).split("–")[0]
EXPECTED["trains-meteo"] = len([row for row in trains if "météo" in row["motif"]])

# Elements
EXPECTED["elements-heaviest-nonmetal"] = max(
    (row for row in elements if row["kind"] == "nonmetal"), key=lambda row: row["mass"]
)["symbol"]
EXPECTED["elements-glucose"] = sum(
    count * next(row["mass"] for row in elements if row["symbol"] == symbol)
    for symbol, count in (("C", 6), ("H", 12), ("O", 6))
)

# Planets
EXPECTED["planets-moons-known"] = sum(int(row["moons"]) for row in planets if row["moons"] != "")
EXPECTED["planets-ratio"] = float(
    next(row["radius km"] for row in planets if row["planet"] == "Jupiter")
) / float(next(row["radius km"] for row in planets if row["planet"] == "Earth"))

# Readings
known = [row for row in readings if row["celsius"] is not None]
EXPECTED["readings-mean-roof"] = mean([row["celsius"] for row in known if row["sensor"] == "roof"])
EXPECTED["readings-gaps"] = {
    sensor: 48 - len([row for row in known if row["sensor"] == sensor]) for sensor in ("roof", "cellar", "gate")
}

# Reviews
stars = [row for row in reviews if row["stars"] != ""]
EXPECTED["reviews-mean-kettle"] = mean([int(row["stars"]) for row in stars if row["product"] == "kettle"])
EXPECTED["reviews-best"] = max(
    by(stars, "product").items(), key=lambda item: mean([int(row["stars"]) for row in item[1]])
)[0]
EXPECTED["reviews-no-stars"] = sorted(int(row["review"]) for row in reviews if row["stars"] == "")

if __name__ == "__main__":
    if "--check" not in sys.argv:
        for name, value in EXPECTED.items():
            print(name, json.dumps(value, ensure_ascii=False))
        sys.exit()
    wrong = 0
    for line in open(os.path.join(HERE, "tasks.jsonl"), encoding="utf-8"):
        task = json.loads(line)
        if task["id"] not in EXPECTED:
            print(f"by hand: {task['id']}")
            continue
        if task["expected"] != json.loads(json.dumps(EXPECTED[task["id"]])):
            wrong += 1
            print(f"WRONG: {task['id']}: {task['expected']}, computed {EXPECTED[task['id']]}")
    sys.exit(1 if wrong else 0)
