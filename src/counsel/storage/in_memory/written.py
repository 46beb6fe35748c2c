"""Writes that are done as soon as they are asked for."""

from concurrent.futures import Future

from counsel.model.errors import CounselError


def done(value: int = 0) -> Future[int]:
    future: Future[int] = Future()
    future.set_result(value)
    return future


def failed(error: CounselError) -> Future[int]:
    future: Future[int] = Future()
    future.set_exception(error)
    return future
