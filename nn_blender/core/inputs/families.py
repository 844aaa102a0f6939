"""The families of Keras Applications, and in which range of values their weights were trained."""

from __future__ import annotations

import re

from ..network import Network

_BY_NAME = (
    (r"mobilenetv3", "a MobileNetV3", "signed"),
    (r"efficientnetv2", "an EfficientNetV2", "signed"),
    (r"efficientnet", "an EfficientNet", "torch"),
    (r"convnext", "a ConvNeXt", "torch"),
    (r"resnet(50|101|152)v2", r"a ResNet\1V2", "signed"),
    (r"inceptionresnetv2", "an InceptionResNetV2", "signed"),
    (r"resnet(50|101|152)", r"a ResNet\1", "caffe"),
    (r"vgg(16|19)", r"a VGG\1", "caffe"),
    (r"densenet(121|169|201)", r"a DenseNet\1", "torch"),
    (r"mobilenetv2", "a MobileNetV2", "signed"),
    (r"mobilenet", "a MobileNet", "signed"),
    (r"inceptionv3", "an InceptionV3", "signed"),
    (r"xception", "an Xception", "signed"),
    (r"nasnet", "a NASNet", "signed"),
)
"""What a network or a network inside it may be called, lower case without separators; the first that fits counts. The
first four usually rescale their input themselves; what is here holds where they are built without that."""

_BY_LAYERS = (
    ({"conv2_block1_preact_bn", "post_bn"}, "a ResNetV2", "signed"),
    ({"conv1_conv", "conv2_block1_out"}, "a ResNet", "caffe"),
    ({"conv2_block1_0_bn", "conv2_block1_concat"}, "a DenseNet", "torch"),
    ({"block2_sepconv1", "block14_sepconv2"}, "an Xception", "signed"),
    ({"block1_conv1", "block5_conv3", "block5_pool"}, "a VGG", "caffe"),
    ({"conv_dw_1", "conv_pw_13"}, "a MobileNet", "signed"),
    ({"Conv1", "bn_Conv1", "expanded_conv_project"}, "a MobileNetV2", "signed"),
    ({"mixed0", "mixed10"}, "an InceptionV3", "signed"),
    ({"mixed_5b", "conv_7b"}, "an InceptionResNetV2", "signed"),
    ({"stem_conv1", "stem_bn1"}, "a NASNet", "signed"),
)
"""Names of layers that together only one family has, for networks that carry another name."""


def family_of(network: Network) -> tuple[str, str] | None:
    """What a network's family is called, and the preset that it was trained with; None where it is of none.

    It is told by names alone, so it counts only where the network's own operations say nothing.
    """
    nested = dict.fromkeys(part for layer in network.layers for part in layer.path.split("/")[:-1])
    for name in (network.name, *nested):
        plain = re.sub(r"[\s_.-]", "", name.lower())
        for pattern, title, preset in _BY_NAME:
            if found := re.search(pattern, plain):
                return found.expand(title), preset
    names = {layer.path.rpartition("/")[2] for layer in network.layers}
    return next(((title, preset) for wanted, title, preset in _BY_LAYERS if wanted <= names), None)
