"""Small T5 and UMT5 encoders with random weights, a small sentencepiece model, and what transformers and sentencepiece
make of them.

    tools/reference/make_t5_fixtures.py tests/fixtures

models/{t5,umt5}_tiny: a text_encoder folder as transformers writes it, and cases.safetensors with, per case NAME:
  NAME.tokens -> NAME.states        the encoder's last hidden state, float32
  NAME.masked                       the same with filler behind it and an attention mask, cut to the tokens (UMT5)
  NAME.states_bf16                  with bfloat16 weights and activations
models/umt5_tiny/original.pth: the same weights under Wan's own names.
text/tiny.model, text/tokens.json: a unigram model trained here, and its tokens of some texts; text/clean.json: prompts
and what Wan's cleaning makes of them (without ftfy, which mends broken encodings).
"""

import html
import io
import json
import pathlib
import re
import sys

import sentencepiece
import torch
from safetensors.torch import save_file
from transformers import T5Config, T5EncoderModel, UMT5Config, UMT5EncoderModel

CONFIGS = {
    # heads x channels of a head differ from the model's channels, as they may
    "t5_tiny": (T5EncoderModel, T5Config(
        vocab_size=300, d_model=20, d_kv=8, d_ff=36, num_layers=3, num_heads=3, relative_attention_num_buckets=8,
        relative_attention_max_distance=20, feed_forward_proj="gated-gelu", dropout_rate=0.0)),
    "umt5_tiny": (UMT5EncoderModel, UMT5Config(
        vocab_size=384, d_model=24, d_kv=6, d_ff=40, num_layers=2, num_heads=4, feed_forward_proj="gated-gelu",
        dropout_rate=0.0)),
}
LENGTHS = {"one": 1, "short": 9, "long": 150}  # long: beyond the largest distance of either
ORIGINAL = [
    ("encoder.block.", "blocks."), ("layer.0.SelfAttention.relative_attention_bias", "pos_embedding.embedding"),
    ("layer.0.SelfAttention", "attn"), ("layer.0.layer_norm", "norm1"), ("layer.1.layer_norm", "norm2"),
    ("layer.1.DenseReluDense.wi_0", "ffn.gate.0"), ("layer.1.DenseReluDense.wi_1", "ffn.fc1"),
    ("layer.1.DenseReluDense.wo", "ffn.fc2"), ("encoder.final_layer_norm", "norm"), ("shared", "token_embedding"),
]
WORDS = ("a the of and river mountain light old film scene camera slow motion bright dark city street rain snow child "
         "dog cat horse car train water fire sky cloud sun moon tree flower bird colour red green blue white black "
         "high quality detailed sharp blurry noise grain restore smooth video frame artist paint").split()
TEXTS = ["", "a", "A red car", "the old film, slow motion", "  two   spaces\tand\na line ", "Grüße aus Köln",
         "雨の日の街", "snow❄fall", "1920x1080 50%", "ﬁne ½ ﬂower", "a" * 70, "the mountain " * 12, "\u0000x", "▁under"]
PROMPTS = ["", "  a   b\n c\t", "a &amp;lt;b&amp;gt; c", "&nbsp;x&nbsp;&nbsp;y", "caf&eacute; &notit; &not;it; &amp",
           "&#65;&#x42;&#67 &#128;&#0;&#xD800;&#x110000;&#11;&#xfdd0;z", "&hellip;&NotEqualTilde;&nope;&", "&#;&#x;&;",
           "a\u00a0\u2003b\u3000c\u200bd\x1ce", "Tom &amp;amp;amp; Jerry", "&ampersand;&Ampersand;&AMP;&AMPx&gtx;",
           "&#99999999999999999999;", "&CounterClockwiseContourIntegral;", "\u2028"]


def randomise(model, generator):
    """Weights that keep activations and attention scores of order one."""
    for name, value in model.named_parameters():
        with torch.no_grad():
            if name.endswith("norm.weight"):
                value.uniform_(0.8, 1.2, generator=generator)
            elif "relative_attention_bias" in name or "shared" in name or "embed_tokens" in name:
                value.normal_(0, 1, generator=generator)
            else:
                bound = (3.0 / value.shape[1]) ** 0.5 * (0.6 if ".q." in name else 1)
                value.uniform_(-bound, bound, generator=generator)


def make_encoder(name, folder):
    kind, config = CONFIGS[name]
    generator = torch.Generator().manual_seed(20261126)
    model = kind(config).eval()
    randomise(model, generator)
    weights = {k: v.contiguous() for k, v in model.state_dict().items() if not k.endswith("embed_tokens.weight")}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config.to_diff_dict() | {"architectures": [kind.__name__]}, indent=2,
                                                   sort_keys=True) + "\n")
    cases = {}
    narrow = kind(config).eval()
    narrow.load_state_dict(model.state_dict())
    narrow = narrow.to(torch.bfloat16)
    for case, length in LENGTHS.items():
        tokens = torch.randint(2, config.vocab_size, (1, length), generator=generator)
        cases[f"{case}.tokens"] = tokens[0]
        cases[f"{case}.states"] = model(tokens).last_hidden_state[0]
        if case == "short":
            cases[f"{case}.states_bf16"] = narrow(tokens).last_hidden_state[0]
            padded = torch.cat([tokens, torch.zeros(1, 7, dtype=torch.long)], 1)
            mask = (torch.arange(length + 7) < length).long()[None]
            cases[f"{case}.masked"] = model(padded, attention_mask=mask).last_hidden_state[0, :length]
    save_file({k: v.contiguous() for k, v in cases.items()}, folder / "cases.safetensors")
    if name.startswith("umt5"):
        original = {}
        for key, value in weights.items():
            for old, new in ORIGINAL:
                key = key.replace(old, new)
            original[key] = value.clone()
        torch.save(original, folder / "original.pth")
    print(name, len(weights), sorted(weights)[:4])


def make_text(folder):
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(7)
    lines = []
    for _ in range(600):
        picks = torch.randint(0, len(WORDS), (8,), generator=generator)
        lines.append(" ".join(WORDS[i] for i in picks))
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="unigram", vocab_size=76, character_coverage=1.0,
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, normalization_rule_name="nmt_nfkc", num_threads=1, minloglevel=2)
    (folder / "tiny.model").write_bytes(model.getvalue())
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    # what transformers' T5 tokenizers add: the end, nothing in front
    tokens = [processor.encode(text) + [processor.eos_id()] for text in TEXTS]
    (folder / "tokens.json").write_text(json.dumps([{"text": t, "tokens": n} for t, n in zip(TEXTS, tokens)], indent=1) + "\n")
    cleaned = [re.sub(r"\s+", " ", html.unescape(html.unescape(p)).strip()).strip() for p in PROMPTS]
    (folder / "clean.json").write_text(json.dumps([{"text": p, "clean": c} for p, c in zip(PROMPTS, cleaned)], indent=1) + "\n")


def main(out):
    torch.manual_seed(0)
    torch.set_grad_enabled(False)
    out = pathlib.Path(out)
    for name in CONFIGS:
        make_encoder(name, out / "models" / name)
    make_text(out / "text")


if __name__ == "__main__":
    main(sys.argv[1])
