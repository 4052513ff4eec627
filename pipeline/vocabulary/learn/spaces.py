"""Spaces in which terms that keep the same company are near each other.

Two spaces that err in different ways: PPMI of terms in one message, reduced by SVD (Levy &
Goldberg 2014), and skip-gram over 15-second windows (Mikolov et al. 2013). The same seed gives
the same vectors: skip-gram runs on one thread.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.vocabulary.learn.corpus import Corpus, Ints, documents

if TYPE_CHECKING:  # what only learning needs may not be installed
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]
_SVD, _GRAM = 150, 100  # dimensions
_SMOOTH = 0.75  # of the context distribution: rare contexts say less than PMI has it


def message_space(corpus: Corpus, seed: int) -> Floats:
    """(terms, 150): a row of length 1 a term."""
    from sklearn.utils.extmath import randomized_svd

    size = min(_SVD, len(corpus.names) - 1)
    u, s, _ = randomized_svd(_ppmi(corpus), size, random_state=seed, n_iter=3)
    return _unit(u * np.sqrt(s))


def window_space(corpus: Corpus, seed: int) -> Floats:
    """(terms, 100): a row of length 1 a term."""
    from gensim.models import Word2Vec

    logging.getLogger("gensim").setLevel(logging.WARNING)  # or it tells of every second

    model = Word2Vec(
        vector_size=_GRAM, window=10, sg=1, negative=5, sample=1e-4,
        min_count=1, workers=1, seed=seed,
    )  # fmt: skip
    words = _Sentences(corpus)
    model.build_vocab_from_freq(
        dict(enumerate(corpus.n.tolist())), corpus_count=len(corpus.windows[1])
    )
    model.train(words, total_examples=len(corpus.windows[1]), epochs=2)
    at = [model.wv.key_to_index[i] for i in range(len(corpus.names))]
    return _unit(model.wv.vectors[at])


@dataclass(frozen=True)
class _Sentences:
    """Windows as gensim reads them, as often as it likes."""

    corpus: Corpus

    def __iter__(self) -> Iterator[list[int]]:
        return (document.tolist() for document in documents(self.corpus.windows))


def _ppmi(corpus: Corpus) -> "csr_matrix":
    """Positive pointwise mutual information of terms that share a message."""
    import scipy.sparse as sp

    flat, ends = corpus.messages
    size = len(corpus.names)
    held = sp.csr_matrix(
        (np.ones(len(flat), np.float32), flat, np.append(0, ends)), shape=(len(ends), size)
    )
    together = (held.T @ held).tocsr()
    together.setdiag(0)
    together.eliminate_zeros()
    row = np.asarray(together.sum(axis=1)).ravel()
    context = row**_SMOOTH / (row**_SMOOTH).sum()
    pairs = together.tocoo()
    pmi = np.log(pairs.data / row[pairs.row] / context[pairs.col])
    kept = pmi > 0
    found: Ints = pairs.row[kept]
    return sp.csr_matrix(
        (pmi[kept].astype(np.float32), (found, pairs.col[kept])), shape=(size, size)
    )


def _unit(vectors: NDArray[np.floating]) -> Floats:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-9), dtype=np.float32)
