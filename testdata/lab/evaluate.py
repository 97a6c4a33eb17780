"""Attacks the lab's two models and compares with the truth; needs numpy and scipy alone.

Nothing here is shared with the Go code that it checks.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import optimize, stats

from bundle import Bundle
from corpus import Corpus, identifier
from prompts import PROMPTS

SHIPPED = 10  # held-out photos a person that the project ships
DRAWS = 20


@dataclass(frozen=True)
class Attack:
    """What the attack saw in one world. P persons, K photos, 21 prompts, N names."""

    counts: np.ndarray  # [P] training pairs; 0 for a non-member
    true: np.ndarray  # [P] index of the person's own name
    decoys: np.ndarray  # indices of the names that belong to nobody
    winners: np.ndarray  # [P, 21, K] best name of each photo under each prompt
    scores: dict[int, np.ndarray]  # k -> [P, N] similarity, mean over k photos and all prompts


def attack(corpus: Corpus, bundle: Bundle, world: str) -> Attack:
    """Encodes names and held-out photos and takes every vote."""
    plan = corpus.plan
    names = plan.candidates
    texts = np.stack([bundle.encode_texts([prompt.format(name) for name in names]) for prompt in PROMPTS])
    winners, scores = [], {k: [] for k in sizes(plan.sizes.held_out)}
    for person in plan.studied:
        photos = bundle.encode_photos([corpus.jpeg(record) for record in corpus.held_out(person.number)])
        similarity = np.einsum("kd,pnd->pkn", photos, texts)
        winners.append(similarity.argmax(-1))
        for k, rows in scores.items():
            rows.append(similarity[:, :k].mean((0, 1)))
    return Attack(
        counts=np.array([person.count_in(world) for person in plan.studied]),
        true=np.array([names.index(person.name) for person in plan.studied]),
        decoys=np.array([names.index(name) for name in plan.decoys]),
        winners=np.array(winners),
        scores={k: np.array(rows) for k, rows in scores.items()},
    )


def sizes(held_out: int) -> list[int]:
    """The numbers of photos to report: those shipped, and all."""
    return sorted({min(SHIPPED, held_out), held_out})


def plurality(votes: np.ndarray) -> int:
    """The one name with most votes, or -1 on a tie for the first place."""
    names, tally = np.unique(votes, return_counts=True)
    best = names[tally == tally.max()]
    return int(best[0]) if len(best) == 1 else -1


def correct_prompts(winners: np.ndarray, names: np.ndarray) -> np.ndarray:
    """[P, 21, K] votes -> [P] number of prompts whose plurality is the given name."""
    decided = np.apply_along_axis(plurality, 2, winners)
    return (decided == names[:, None]).sum(1)


def rate(hits: np.ndarray) -> dict:
    """A share with its exact (Clopper-Pearson) 95 % interval."""
    x, n = int(hits.sum()), len(hits)
    if n == 0:
        return {"x": 0, "n": 0}
    low = stats.beta.ppf(0.025, x, n - x + 1) if x else 0.0
    high = stats.beta.ppf(0.975, x + 1, n - x) if x < n else 1.0
    return {"x": x, "n": n, "rate": figure(x / n), "interval": [figure(low), figure(high)]}


def figure(value: float) -> float:
    """Rounds for the report."""
    return float(f"{value:.4g}")


def by_count(hits: np.ndarray, counts: np.ndarray) -> dict:
    """The rate of the members with each count."""
    return {str(count): rate(hits[counts == count]) for count in sorted(set(counts.tolist())) if count}


def decisions(seen: Attack, k: int) -> dict:
    """The published rule on the first k photos: at least one prompt is right."""
    correct = correct_prompts(seen.winners[:, :, :k], seen.true)
    hit, member = correct >= 1, seen.counts > 0
    spearman = stats.spearmanr(seen.counts[member], correct[member])
    return {
        "tpr": rate(hit[member]),
        "fpr": rate(hit[~member]),
        "tpr_by_count": by_count(hit[member], seen.counts[member]),
        "decoys_detected": figure(decoy_rate(seen, k)),
        "spearman_count_correct": figure(spearman.statistic),
    }


def decoy_rate(seen: Attack, k: int) -> float:
    """How often the rule would find a given decoy on a person's photos: the level of chance."""
    found = 0
    for votes in seen.winners[:, :, :k]:
        found += len(set(map(plurality, votes)) & set(seen.decoys.tolist()))
    return found / (len(seen.winners) * len(seen.decoys))


def draws(seen: Attack, k: int, seed: int) -> dict:
    """Mean and standard deviation over random choices of k photos."""
    rng, member, rates = np.random.default_rng(seed), seen.counts > 0, []
    for _ in range(DRAWS):
        chosen = rng.choice(seen.winners.shape[2], k, replace=False)
        hit = correct_prompts(seen.winners[:, :, chosen], seen.true) >= 1
        rates.append((hit[member].mean(), hit[~member].mean()))
    mean, spread = np.mean(rates, axis=0), np.std(rates, axis=0)
    return {"tpr": figure(mean[0]), "tpr_sd": figure(spread[0]), "fpr": figure(mean[1]), "fpr_sd": figure(spread[1])}


def rank_p(seen: Attack, k: int) -> np.ndarray:
    """[P] share of decoys, the person's own name among them, that score at least as high."""
    scores = seen.scores[k]
    own = scores[np.arange(len(scores)), seen.true]
    return (1 + (scores[:, seen.decoys] >= own[:, None]).sum(1)) / (1 + len(seen.decoys))


def calibration(seen: Attack, k: int) -> dict:
    """Do rank p-values separate members, and are those of non-members uniform?"""
    p, member = rank_p(seen, k), seen.counts > 0
    area = stats.mannwhitneyu(-p[member], -p[~member]).statistic / member.sum() / (~member).sum()
    return {
        "auc": figure(area),
        "non_members_ks_p": figure(stats.kstest(p[~member], "uniform").pvalue),
        "non_members_p_le_05": rate(p[~member] <= 0.05),
        "members_p_le_05": rate(p[member] <= 0.05),
    }


def face_swap(seen: Attack) -> dict:
    """The control: each person's name on the photos of the next person."""
    hit = correct_prompts(np.roll(seen.winners, 1, axis=0), seen.true) >= 1
    return {"members": rate(hit[seen.counts > 0]), "non_members": rate(hit[seen.counts == 0])}


def twins(main: Attack, twin: Attack, k: int) -> dict:
    """Each person under the model that was trained on them and under the one that was not."""
    member = main.counts > 0
    hit = [correct_prompts(seen.winners[:, :, :k], seen.true) >= 1 for seen in (main, twin)]
    seen_by, unseen_by = np.where(member, *hit), np.where(member, *hit[::-1])
    x = np.concatenate([np.log10(main.counts + twin.counts + 1), np.zeros(len(member))])
    y = np.concatenate([seen_by, unseen_by]).astype(float)

    def loss(b: np.ndarray) -> float:
        return float((np.logaddexp(0, b[0] + b[1] * x) - y * (b[0] + b[1] * x)).sum())

    b = optimize.minimize(loss, [0.0, 1.0]).x
    return {
        "trained_on": rate(seen_by),
        "not_trained_on": rate(unseen_by),
        "count_at_half": figure(10 ** (-b[0] / b[1]) - 1),
    }


def expected(corpus: Corpus, bundles: dict[str, Bundle], seen: dict[str, Attack]) -> dict:
    """What another implementation has to find on the shipped photos: a person's decision, and some embeddings."""
    k = min(SHIPPED, corpus.plan.sizes.held_out)
    result: dict = {"photos_per_person": k, "prompts": PROMPTS}
    for world, attacked in seen.items():
        correct = correct_prompts(attacked.winners[:, :, :k], attacked.true)
        own = attacked.scores[k][np.arange(len(correct)), attacked.true]
        rows = zip(corpus.plan.studied, correct, own, rank_p(attacked, k), strict=True)
        result[world] = {
            "persons": [
                {"id": identifier(person.name), "correct_prompts": int(c), "score": round(float(s), 6), "p": figure(p)}
                for person, c, s, p in rows
            ],
            "embeddings": sample_embeddings(corpus, bundles[world]),
        }
    return result


def sample_embeddings(corpus: Corpus, bundle: Bundle, count: int = 5) -> dict:
    """Unit vectors of the first persons' first photos, and of their names in some prompts."""
    persons = corpus.plan.studied[:count]
    photos = bundle.encode_photos([corpus.jpeg(corpus.held_out(person.number)[0]) for person in persons])
    texts = [prompt.format(person.name) for person, prompt in zip(persons, PROMPTS[:count], strict=True)]
    paths = [f"photos/{identifier(person.name)}/00.jpg" for person in persons]
    rows = zip(paths + texts, np.concatenate([photos, bundle.encode_texts(texts)]), strict=True)
    return {label: [round(float(value), 6) for value in row] for label, row in rows}


def evaluate(corpus: Corpus, seen: dict[str, Attack]) -> dict:
    """Every figure of both worlds."""
    figures = {}
    for world, result in seen.items():
        figures[world] = {f"k{k}": decisions(result, k) | calibration(result, k) for k in result.scores}
        figures[world]["face_swap"] = face_swap(result)
        figures[world][f"draws_of_{min(result.scores)}"] = draws(result, min(result.scores), corpus.plan.seed)
    figures["within_person"] = {f"k{k}": twins(seen["main"], seen["twin"], k) for k in seen["main"].scores}
    return figures


def main() -> None:
    """Attacks both bundles; writes `evaluation.json` and `expected.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("main_bundle", type=Path)
    parser.add_argument("twin_bundle", type=Path)
    parser.add_argument("out", type=Path, help="folder for the two files")
    options = parser.parse_args()
    bundles = {"main": Bundle(options.main_bundle), "twin": Bundle(options.twin_bundle)}
    corpus = Corpus(options.corpus)
    seen = {world: attack(corpus, bundle, world) for world, bundle in bundles.items()}
    figures = evaluate(corpus, seen)
    (options.out / "evaluation.json").write_text(json.dumps(figures, indent=1) + "\n")
    (options.out / "expected.json").write_text(json.dumps(expected(corpus, bundles, seen), indent=0) + "\n")
    for world in bundles:
        for k, found in figures[world].items():
            if k.startswith("k"):
                print(world, k, "TPR", found["tpr"], "FPR", found["fpr"], "AUC", found["auc"])
                print("   by count", {count: f"{r['x']}/{r['n']}" for count, r in found["tpr_by_count"].items()})
    print("within person", figures["within_person"])


if __name__ == "__main__":
    main()
