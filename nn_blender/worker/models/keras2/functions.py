"""The functions of TensorFlow that a Keras 2 file may call as layers: those that only compute.

A file names them as TensorFlow exports them. A name that is not here is never looked up: others write files, run
code or draw random numbers.
"""

from __future__ import annotations

_PLAIN = """
argsort batch_to_space boolean_mask broadcast_to cast clip_by_norm clip_by_value concat convert_to_tensor einsum
ensure_shape expand_dims eye fill gather gather_nd identity linspace meshgrid norm one_hot ones ones_like pad range rank
realdiv repeat reshape reverse reverse_sequence roll scatter_nd searchsorted sequence_mask shape size slice sort
space_to_batch space_to_batch_nd split squeeze stack stop_gradient strided_slice tensor_scatter_nd_add
tensor_scatter_nd_max tensor_scatter_nd_min tensor_scatter_nd_sub tensor_scatter_nd_update tensordot tile transpose
truncatediv truncatemod unstack where zeros zeros_like
__operators__.add __operators__.eq __operators__.getitem __operators__.ne
bitwise.bitwise_and bitwise.bitwise_or bitwise.bitwise_xor bitwise.invert bitwise.left_shift bitwise.right_shift
dtypes.complex dtypes.saturate_cast
"""

_MATH = """
abs acos acosh add add_n angle argmax argmin asin asinh atan atan2 atanh bessel_i0 bessel_i0e bessel_i1 bessel_i1e
betainc ceil conj cos cosh count_nonzero cumprod cumsum cumulative_logsumexp digamma divide divide_no_nan equal erf erfc
erfcinv erfinv exp expm1 floor floordiv floormod greater greater_equal igamma igammac imag in_top_k is_finite is_inf
is_nan l2_normalize less less_equal lgamma log log1p log_sigmoid logical_and logical_not logical_or logical_xor maximum
minimum multiply multiply_no_nan ndtri negative nextafter not_equal polygamma polyval pow real reciprocal
reciprocal_no_nan reduce_all reduce_any reduce_euclidean_norm reduce_logsumexp reduce_max reduce_mean reduce_min
reduce_prod reduce_std reduce_sum reduce_variance rint round rsqrt scalar_mul sigmoid sign sin sinh softplus sqrt square
squared_difference subtract tan tanh top_k truediv xdivy xlog1py xlogy zero_fraction zeta
"""

_NN = """
avg_pool avg_pool1d avg_pool2d avg_pool3d batch_normalization bias_add conv1d conv1d_transpose conv2d
conv2d_transpose conv3d conv3d_transpose conv_transpose convolution crelu depth_to_space depthwise_conv2d dilation2d elu
embedding_lookup erosion2d gelu l2_loss leaky_relu local_response_normalization log_softmax max_pool max_pool1d
max_pool2d max_pool3d moments normalize_moments pool relu relu6 selu separable_conv2d silu softmax softsign
space_to_depth
"""

_LINALG = """
adjoint band_part cross det diag diag_part inv logdet matmul matrix_transpose matvec normalize set_diag slogdet
tensor_diag tensor_diag_part trace
"""

_IMAGE = """
adjust_brightness adjust_contrast adjust_gamma adjust_hue adjust_saturation central_crop convert_image_dtype
crop_and_resize crop_to_bounding_box extract_patches flip_left_right flip_up_down grayscale_to_rgb hsv_to_rgb
image_gradients pad_to_bounding_box per_image_standardization psnr resize resize_with_crop_or_pad resize_with_pad
rgb_to_grayscale rgb_to_hsv rgb_to_yiq rgb_to_yuv rot90 sobel_edges total_variation transpose yiq_to_rgb yuv_to_rgb
"""

_SIGNAL = """
dct fft fft2d fft3d fftshift frame hamming_window hann_window idct ifft ifft2d ifft3d ifftshift inverse_stft irfft
irfft2d irfft3d linear_to_mel_weight_matrix mfccs_from_log_mel_spectrograms overlap_and_add rfft rfft2d rfft3d stft
"""

_OF_TENSORFLOW_1 = """
argmax argmin concat expand_dims floor_div gather norm ones_like pad reduce_all reduce_any reduce_logsumexp reduce_max
reduce_mean reduce_min reduce_prod reduce_sum shape size space_to_depth squeeze to_float to_int32 to_int64 transpose
where zeros_like
image.resize_area image.resize_bicubic image.resize_bilinear image.resize_image_with_pad image.resize_images
image.resize_nearest_neighbor
math.log_softmax math.reduce_all math.reduce_any math.reduce_max math.reduce_mean math.reduce_min math.reduce_sum
math.softmax nn.avg_pool nn.conv2d nn.depth_to_space nn.depthwise_conv2d nn.log_softmax nn.max_pool nn.softmax
nn.space_to_depth
"""
"""What TensorFlow 2 keeps of TensorFlow 1 under ``compat.v1``."""


def _named(names: str, prefix: str = "") -> set[str]:
    return {f"{prefix}{name}" for name in names.split()}


PURE_FUNCTIONS = frozenset(
    _named(_PLAIN)
    | _named(_MATH, "math.")
    | _named(_NN, "nn.")
    | _named(_LINALG, "linalg.")
    | _named(_IMAGE, "image.")
    | _named(_SIGNAL, "signal.")
    | _named(_OF_TENSORFLOW_1, "compat.v1.")
)
"""Names below ``tensorflow``. Sizes are checked where they run, see `running.translated.operations`."""
