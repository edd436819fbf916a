"""Tests of `autodiff.training`."""
