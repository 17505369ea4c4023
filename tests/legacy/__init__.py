"""A stand-in for the old NestJS and Mongoose system: the contract's most used operations over the same documents, in its manner.

A black box beside the platform. Nothing of ours runs in it but the pure rules of a lead, which both took from the contract.
"""
