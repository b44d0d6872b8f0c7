// Why a node could not be reached, apart from how a program on it ended: nothing was started there, or nobody knows how it ended.

/** It is away for a time, such as while it starts again: asked again later, it may answer. The message says where and why. */
export class HostAway extends Error {
  override readonly name = 'HostAway';
}

/** It answers, and does not let Phoenix in, or is not known to be itself: it stays so until a person has looked. The message says what to do. */
export class HostRefused extends Error {
  override readonly name = 'HostRefused';
}

/** Whether the node could not be reached, for whatever reason. */
export function isOfHost(error: unknown): error is HostAway | HostRefused {
  return error instanceof HostAway || error instanceof HostRefused;
}
