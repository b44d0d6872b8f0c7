// Errors of an unreachable node, as opposed to a failed program on it: nothing was started, or the result is unknown.

/** It is temporarily unreachable, as during a reboot: a later attempt may succeed. The message says where and why. */
export class HostAway extends Error {
  override readonly name = 'HostAway';
}

/** It answers, but refuses Phoenix or its identity has changed: a person has to act. The message says what to do. */
export class HostRefused extends Error {
  override readonly name = 'HostRefused';
}

/** A secret does not hold what is declared of it: a person has to correct one of them. The message says how they differ, without the secret. */
export class SecretRefused extends Error {
  override readonly name = 'SecretRefused';
}

/** Whether the error means that the node was unreachable. */
export function isOfHost(error: unknown): error is HostAway | HostRefused {
  return error instanceof HostAway || error instanceof HostRefused;
}
