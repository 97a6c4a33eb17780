"""Procedural faces: an identity is some sixty numbers, a photo is a drawing of it.

No photograph of a person is involved at any point. `identity.invent` makes a
person from a seed; `photo.photograph` draws that person once more, with another
pose, light, expression, background and clothes.
"""
