"""Models made of Python code, each with what it computes written out by hand."""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import ops

L = keras.layers


class ResidualBlock(L.Layer):
    def __init__(self, filters, **more):
        super().__init__(**more)
        self.filters = filters
        self.first = L.Conv2D(filters, 3, padding="same", name="first")
        self.norm = L.BatchNormalization(name="norm")
        self.second = L.Conv2D(filters, 3, padding="same", name="second")
        self.drop = L.Dropout(0.5, name="drop")

    def call(self, x):
        y = ops.relu(self.norm(self.first(x)))
        return tf.nn.relu(x + self.drop(self.second(y)))

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}

    def by_hand(self, x, at, path):
        y = at(f"{path}/norm", self.norm(at(f"{path}/first", self.first(x))))
        y = at(f"{path}/second", self.second(at(f"{path}/relu", tf.nn.relu(y))))
        total = at(f"{path}/add", x + at(f"{path}/drop", y))
        return at(f"{path}/relu_1", tf.nn.relu(total))


class ResNet(keras.Model):
    """Blocks of one class, a Sequential head, and operations of Keras and of TensorFlow between layers."""

    def __init__(self, **more):
        super().__init__(**more)
        self.stem = L.Conv2D(4, 3, name="stem")
        self.blocks = [ResidualBlock(4, name="block_a"), ResidualBlock(4, name="block_b")]
        hidden, classes = L.Dense(5, activation="tanh", name="hidden"), L.Dense(3, name="classes")
        self.head = keras.Sequential([hidden, classes], name="head")

    def call(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return ops.softmax(self.head(tf.reduce_mean(x, [1, 2])))

    @staticmethod
    def by_hand(model, values, at):
        x = at("stem", model.stem(values[0]))
        for block in model.blocks:
            x = block.by_hand(x, at, block.name)
        x = at("mean", tf.reduce_mean(x, [1, 2]))
        for layer in model.head.layers:
            x = at(f"head/{layer.name}", layer(x))
        return [at("softmax", tf.nn.softmax(x))]


class Sampling(L.Layer):
    def __init__(self, **more):
        super().__init__(**more)
        self.generator = keras.random.SeedGenerator(5)

    def call(self, inputs):
        mean, spread = inputs
        return mean + ops.exp(0.5 * spread) * keras.random.normal(ops.shape(mean), seed=self.generator)


class Vae(keras.Model):
    """Draws random numbers from a generator of its own, also in inference."""

    def __init__(self, **more):
        super().__init__(**more)
        self.encoder = L.Dense(6, activation="relu", name="encoder")
        self.mean, self.spread = L.Dense(2, name="mean"), L.Dense(2, name="spread")
        self.sampling = Sampling(name="sampling")
        self.decoder = L.Dense(4, activation="sigmoid", name="decoder")

    def call(self, x):
        x = self.encoder(x)
        mean, spread = self.mean(x), self.spread(x)
        return self.decoder(self.sampling((mean, spread))), mean, spread

    @staticmethod
    def by_hand(model, values, at):
        x = at("encoder", model.encoder(values[0]))
        mean, spread = at("mean", model.mean(x)), at("spread", model.spread(x))
        return [at("decoder", model.decoder(at("sampling", model.sampling((mean, spread))))), mean, spread]


class Thrice(keras.Model):
    """One layer called three times, on inputs by name, with several outputs by name."""

    def __init__(self, **more):
        super().__init__(**more)
        self.dense = L.Dense(4, activation="tanh", name="dense")
        self.norm = L.LayerNormalization(name="norm")

    def call(self, inputs):
        left = self.dense(inputs["left"])
        right = self.dense(inputs["right"])
        return {"sum": self.norm(self.dense(left * right)), "apart": right[:, :2]}

    @staticmethod
    def by_hand(model, values, at):
        left, right = at("dense", model.dense(values[0])), at("dense#1", model.dense(values[1]))
        product = at("multiply", left * right)
        apart = at("get_item", right[:, :2])
        return [apart, at("norm", model.norm(at("dense#2", model.dense(product))))]


class Tagger(keras.Model):
    """A table of positions that is the same for all samples, attention, and a recurrent layer with a mask."""

    def __init__(self, **more):
        super().__init__(**more)
        self.words = L.Embedding(9, 4, mask_zero=True, name="words")
        self.places = L.Embedding(5, 4, name="places")
        self.attention = L.MultiHeadAttention(2, 2, name="attention")
        self.memory = L.LSTM(3, return_sequences=True, name="memory")
        self.tags = L.Dense(2, activation="softmax", name="tags")

    def call(self, x):
        x = self.words(x)
        both = x + self.places(tf.range(5))
        return self.tags(self.memory(self.attention(both, both)))

    @staticmethod
    def by_hand(model, values, at):
        words = model.words(values[0])
        places = at("places", model.places(tf.range(5)))
        both = at("add", at("words", words) + places)
        attended = at("attention", model.attention(both, both))
        return [at("tags", model.tags(at("memory", model.memory(attended))))]


class Several(keras.Model):
    """Layers and operations that give several tensors."""

    def __init__(self, **more):
        super().__init__(**more)
        self.memory = L.LSTM(3, return_sequences=True, return_state=True, name="memory")
        self.classes = L.Dense(2, activation="softmax", name="classes")

    def call(self, x):
        steps, hidden, cell = self.memory(x)
        low, high = tf.split(steps[:, -1] + hidden, [1, 2], axis=1)
        return self.classes(tf.concat([high, cell], 1)), low

    @staticmethod
    def by_hand(model, values, at):
        steps, hidden, cell = model.memory(values[0])
        steps, hidden = at("memory", steps), at("memory[1]", hidden)
        cell = at("memory[2]", cell)
        low, high = tf.split(at("add", at("get_item", steps[:, -1]) + hidden), [1, 2], axis=1)
        low, high = at("split", low), at("split[1]", high)
        return [at("classes", model.classes(at("concatenate", tf.concat([high, cell], 1)))), low]


class FixedBatch(keras.Model):
    """Asks for the size of the batch, which is not known while it is traced for any size."""

    def __init__(self, **more):
        super().__init__(**more)
        self.dense = L.Dense(3, name="dense")

    def call(self, x):
        return self.dense(x) + tf.ones([x.shape[0], 3])

    @staticmethod
    def by_hand(model, values, at):
        return [at("add", at("dense", model.dense(values[0])) + 1)]


class Meeting(keras.Model):
    """Samples of a batch meet: in a mean over all of them, and where time steps are laid in one row."""

    def __init__(self, **more):
        super().__init__(**more)
        self.dense = L.Dense(3, name="dense")

    def call(self, x):
        x = x - tf.reduce_mean(x)
        rows = self.dense(tf.reshape(x, [-1, 3]))
        return tf.reduce_sum(tf.reshape(rows, [-1, 4, 3]), 1)

    @staticmethod
    def by_hand(model, values, at):
        x = at("subtract", values[0] - tf.reduce_mean(values[0]))
        rows = at("dense", model.dense(tf.reshape(x, [-1, 3])))
        return [at("sum", tf.reduce_sum(at("reshape_1", tf.reshape(rows, [-1, 4, 3])), 1))]


class Stacked(keras.Model):
    """Tensors in a row before the batch, as many of them as there may be samples."""

    def __init__(self, **more):
        super().__init__(**more)
        self.memory = L.GRU(3, return_sequences=True, name="memory")
        self.classes = L.Dense(2, name="classes")

    def call(self, x):
        return self.classes(ops.sum(ops.stack(ops.unstack(self.memory(x), axis=1)), axis=0))

    @staticmethod
    def by_hand(model, values, at):
        steps = tf.unstack(at("memory", model.memory(values[0])), axis=1)
        parts = [at("unstack" + (f"[{k}]" if k else ""), part) for k, part in enumerate(steps)]
        return [at("classes", model.classes(at("sum", tf.reduce_sum(at("stack", tf.stack(parts)), 0))))]


class OwnWeights(L.Layer):
    """A layer of somebody's own without layers inside."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 3), name="kernel")

    def call(self, x):
        return tf.nn.gelu(tf.matmul(x, self.kernel))


class Functions(keras.Model):
    """A function that is traced apart, weights of the model's own, and a tensor that is handed on."""

    def __init__(self, **more):
        super().__init__(**more)
        self.own = OwnWeights(name="own")
        self.same = L.Identity(name="same")
        self.scale = self.add_weight(shape=(3,), name="scale", initializer="random_normal")

    @tf.function
    def call(self, x):
        y = self.own(x)
        return self.same(y) * self.scale + y

    @staticmethod
    def by_hand(model, values, at):
        own = at("own", model.own(values[0]))
        product = at("multiply", at("same", own) * model.scale)
        return [at("add", product + own)]


MODELS = {
    "resnet": (ResNet, [(8, 8, 3)]),
    "vae": (Vae, [(4,)]),
    "thrice": (Thrice, [(4,), (4,)]),
    "tagger": (Tagger, [(5,)]),
    "several": (Several, [(4, 3)]),
    "fixed batch": (FixedBatch, [(4,)]),
    "meeting": (Meeting, [(4, 3)]),
    "stacked": (Stacked, [(5, 3)]),
    "functions": (Functions, [(4,)]),
}
CLASSES = {cls.__name__: cls for cls in (ResidualBlock, ResNet, Sampling, Vae, Thrice, Tagger, FixedBatch, OwnWeights)}
CLASSES |= {"Functions": Functions, "Several": Several, "Meeting": Meeting, "Stacked": Stacked}
