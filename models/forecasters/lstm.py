"""The LSTM, in Keras: for training only. Serving never imports this module.

The middles of moods and counts are linear forecasts, solved: networks that moved them were no
better on channels they had not seen. What it learns is how far off they may be, by pinball loss.
`noise`, the sampling error to expect of a mean, scales the bands of moods.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from models.base import Floats
from models.forecasters.lstm_config import Config
from models.forecasters.naive import counts
from models.forecasters.ridge import solve
from models.inputs.features import CONTEXT, GROUPS, MOVES, NAMES, RATE_NAMES, SLOT_COUNTS
from models.inputs.targets import WINDOWS
from models.inputs.training_arrays import Arrays
from warehouse.records import QUANTILES, STEPS, VOLUME_QUANTILES

# of counts, all as shares of what the session has: what is absolute does not carry over to
# channels that are louder or quieter than those it has seen
RATES = [NAMES.index(n) for n in (*RATE_NAMES[1:], "silent", *SLOT_COUNTS)]
RATE_PAIRS = [(NAMES.index(n), NAMES.index("noise")) for n in RATE_NAMES[1:]]
PAIRS = [  # how long a mood lasts depends on how it scatters, how much is said, and since when
    (NAMES.index(a), NAMES.index(b))
    for a in ("slots_0.5_5", "slots_2_5", "slots_8_20", "mean_1_5", "mean_2_5", "mean_8_40",
              "mean_32_40")
    for b in ("scatter", "scatter_32", "count", "message_sd", "session_age", "rate_2",
              "count_spike", "session_mean")
]  # fmt: skip
NOISE = NAMES.index("noise")
Pairs = Sequence[tuple[int, int]]
Lines = tuple[Floats, Floats]  # coefficients of moods and of counts
PENALTY = 1e-2  # of the lines: ridge's own leaves too much to chance at steps 5 to 10
BATCH = 128  # rows the exported model takes at a time
STEP_DOWN = np.log(np.expm1([1.28, 0.68]))  # softplus of these: 50 to 10 %, 10 to 2.5 % of a normal


def seen_names(config: Config) -> list[int]:
    """Places of the features that the config lets the network see."""
    hidden = GROUPS[config.without] if config.without else ()
    return [i for i, name in enumerate(NAMES) if name not in hidden]


def solved_lines(data: Arrays, config: Config) -> Lines:
    """Linear forecasts of mood (in message sds) from features and their PAIRS,
    (1 + F + P, 11), and of log counts from theirs, (1 + F + R, 11)."""
    last, n, visible = data.last(), data.targets.counts, seen_names(config)
    mood = _solve(last, visible, PAIRS, data.z, data.mood_weight)
    off = np.log1p(n) - np.log1p(counts(data.view.rate))
    rates = [i for i in RATES if i in visible]
    return mood, _solve(last, rates, RATE_PAIRS, off, np.isfinite(n) * 1.0)


def _solve(last: Any, places: list[int], pairs: Pairs, target: Floats, weight: Floats) -> Floats:
    """Coefficients of all features and pairs; 0 for those that are not in `places`."""
    usable = [k for k, pair in enumerate(pairs) if set(pair) <= {*places, NOISE}]
    x = np.concatenate([last[:, places], paired(last, pairs)[:, usable]], 1)
    found = solve(x, np.nan_to_num(target), weight, PENALTY)
    full = np.zeros((1 + len(NAMES) + len(pairs), STEPS))
    full[[0, *(1 + i for i in places), *(1 + len(NAMES) + k for k in usable)]] = found
    return full


def paired(last: Any, pairs: Pairs) -> Any:
    """Halved products of pairs of features, (k, P) of (k, F): a penalty weighs on them four
    times as much as on single features, which carry over to other channels better."""
    first, second = ([pair[i] for pair in pairs] for i in (0, 1))
    if isinstance(last, np.ndarray):
        return last[:, first] * last[:, second] / 2
    return keras.ops.take(last, first, axis=1) * keras.ops.take(last, second, axis=1) / 2


def build(config: Config, lines: Lines, unroll: bool = False) -> keras.Model:
    """(B, CONTEXT, F) -> (B, 11, 8): mood at QUANTILES, in message sds from the session mean;
    log(1 + messages) at VOLUME_QUANTILES."""
    x = keras.Input((CONTEXT, len(NAMES)), name="windows")
    last = x[:, -1, :]
    h = _trunk(_visible(x, config), config, unroll)
    noise = _noise(last)
    # the feature is log(1 + messages a window) / 3 - 1
    rate = keras.ops.expm1((last[:, NAMES.index("count"), None] + 1) * 3)
    usual = keras.ops.log1p(rate * WINDOWS.astype("float32"))
    centre = _line(last, lines[0], PAIRS, "mood_line")
    count = _line(last, lines[1], RATE_PAIRS, "count_line") + usual
    down1, down2, up1, up2 = (
        layers.Activation("softplus")(_head(name, bias)(h)) * noise
        for name, bias in zip(
            ("down10", "down2", "up90", "up97"), [*STEP_DOWN, *STEP_DOWN], strict=True
        )
    )
    low, high = (layers.Activation("softplus")(_head(name, -0.2)(h)) for name in ("few", "many"))
    moods = [centre - down1 - down2, centre - down1, centre, centre + up1, centre + up1 + up2]
    quantiles = keras.ops.stack([*moods, count - low, count, count + high], axis=-1)
    return keras.Model(x, quantiles)


def _noise(last: Any) -> Any:
    """Sampling error to expect of every step's mean, (k, 11), in message sds; of (k, F)."""
    of_one = last[:, NOISE, None]
    return ((of_one**2 - MOVES) / WINDOWS.astype("float32") + MOVES) ** 0.5


def _visible(x: Any, config: Config) -> Any:
    """The windows and features that the config lets the network see."""
    mask = np.zeros(len(NAMES), np.float32)
    mask[seen_names(config)] = 1.0
    recent = x[:, -config.context :, :]
    return recent * mask if config.without else recent


def _trunk(x: Any, config: Config, unroll: bool) -> Any:
    h = x
    for i in range(config.layers):
        more = i + 1 < config.layers
        h = layers.LSTM(config.units, unroll=unroll, return_sequences=more)(h)
    h = layers.Dropout(config.dropout)(layers.Concatenate()([h, x[:, -1, :]]))
    h = layers.Dense(config.hidden, activation="gelu")(h)
    return layers.Dropout(config.dropout)(h)


def _line(last: Any, coef: Floats, pairs: Pairs, name: str) -> Any:
    """A solved forecast, frozen."""
    kernel, bias = (keras.initializers.Constant(v) for v in (coef[1:], coef[0]))
    layer = layers.Dense(STEPS, kernel_initializer=kernel, bias_initializer=bias, name=name)
    layer.trainable = False
    return layer(layers.Concatenate()([last, paired(last, pairs)]))


def _head(name: str, bias: float) -> layers.Layer:
    """One that starts by saying `bias`, whatever it sees."""
    fixed = keras.initializers.Constant(bias)
    return layers.Dense(STEPS, kernel_initializer="zeros", bias_initializer=fixed, name=name)


def loss_of(config: Config) -> Any:
    """Loss of (B, 11, 4) packed targets (see `packed`) and (B, 11, 8) predictions."""
    levels = tf.constant([q for q in QUANTILES if q != 0.5], tf.float32)
    few_many = tf.constant(VOLUME_QUANTILES, tf.float32)

    def pinball(gap: Any, at: Any) -> Any:
        return tf.maximum(at * gap, (at - 1) * gap)

    def loss(packed_y: Any, output: Any) -> Any:
        z, spoke, n, scale = tf.unstack(packed_y, axis=-1)
        bands = tf.stack([output[..., i] for i in (0, 1, 3, 4)], -1)
        band = tf.reduce_sum(pinball(z[..., None] - bands, levels), -1) / scale
        count = tf.math.log1p(tf.maximum(n, 0.0))[..., None] - output[..., 5:]
        volume = tf.cast(n >= 0, tf.float32) * tf.reduce_sum(pinball(count, few_many), -1)
        moods = spoke / (spoke + config.band_n) * band
        return tf.reduce_mean(moods + config.volume_weight * volume)

    return loss


def packed(data: Arrays) -> Floats:
    """(k, 11, 4) float32: z, messages it rests on (0 = no mood to learn), messages to count
    (-1 = unknown), noise."""
    z, n, noise = data.z, data.targets.counts, _noise(data.last())
    spoke = np.where(np.isfinite(z), data.targets.n, 0.0)
    parts = [np.nan_to_num(z), spoke, np.where(np.isfinite(n), n, -1.0), noise]
    return np.stack(parts, -1).astype(np.float32)


def dataset(data: Arrays, batch: int, seed: int | None) -> tf.data.Dataset:
    """Batches of (windows, packed targets), gathered as they go; shuffled when seeded."""
    windows, y = tf.constant(data.windows), tf.constant(packed(data))
    rows, back = tf.constant(data.rows), tf.range(1 - CONTEXT, 1, dtype=tf.int64)
    order = tf.data.Dataset.range(len(data))
    if seed is not None:
        order = order.shuffle(len(data), seed=seed, reshuffle_each_iteration=True)
    return order.batch(batch, drop_remainder=seed is not None).map(
        lambda i: (tf.gather(windows, tf.gather(rows, i)[:, None] + back), tf.gather(y, i))
    )


def fit(config: Config, train: Arrays, valid: Arrays, seed: int, callbacks: list[Any]) -> Any:
    """An averaged model of `members` networks, each at its best epoch on the valid streams."""
    lines = solved_lines(train, config)
    members = [
        _fit_one(config, lines, train, valid, seed + i, callbacks) for i in range(config.members)
    ]
    return average(config, lines, [m.get_weights() for m in members])


def _fit_one(
    config: Config, lines: Lines, train: Arrays, valid: Arrays, seed: int, callbacks: list[Any]
) -> keras.Model:
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    model = build(config, lines)
    steps = max(1, len(train) // config.batch) * config.epochs
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps)
    optimiser = keras.optimizers.AdamW(rate, weight_decay=config.weight_decay, clipnorm=1.0)
    model.compile(optimiser, loss=loss_of(config), jit_compile=False)
    best = keras.callbacks.EarlyStopping(
        patience=config.epochs, restore_best_weights=True, start_from_epoch=0
    )
    model.fit(
        dataset(train, min(config.batch, len(train)), seed),
        validation_data=dataset(valid, 4096, None),
        epochs=config.epochs, shuffle=False, verbose=0, callbacks=[best, *callbacks],
    )  # fmt: skip
    return model


def average(config: Config, lines: Lines, states: list[list[Any]], unroll: bool = False) -> Any:
    """One model that says the mean of its members' quantiles."""
    x = keras.Input((CONTEXT, len(NAMES)), name="windows")
    outputs = []
    for i, state in enumerate(states):
        member = build(config, lines, unroll)
        member.set_weights(state)
        member.name = f"member{i}"
        outputs.append(member(x))
    mean = layers.Average()(outputs) if len(outputs) > 1 else outputs[0]
    model = keras.Model(x, mean)
    model.states, model.lines, model.config_used = states, lines, config
    return model


def export(model: Any) -> bytes:
    """The averaged model as a LiteRT file with a fixed batch, float32 and built-in ops only."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    flat = average(model.config_used, model.lines, model.states, unroll=True)
    shape = tf.TensorSpec((BATCH, CONTEXT, len(NAMES)), tf.float32)
    traced = tf.function(lambda x: flat(x, training=False)).get_concrete_function(shape)
    frozen = convert_variables_to_constants_v2(traced)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen], traced)
    return bytes(converter.convert())
