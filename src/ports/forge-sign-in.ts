// Signing people in at the forge: who somebody is, and what that person may do here.

import type { PersonRole } from '../model/person.ts';
import type { Secret } from '../model/secret.ts';

/** What the browser keeps from the moment it is sent to the forge until it comes back. */
export interface BegunSignIn {
  readonly state: string;
  readonly verifier: string;
}

interface SignedInPerson {
  /** The name that the forge knows the person by. */
  readonly login: string;
  /** What the forge is asked with for the person's rights, where it tells nobody else; a secret. */
  readonly grant: string | null;
}

export interface ForgeSignIn {
  /** What people call the forge. */
  readonly name: string;
  /** That of the OAuth application: sessions end when it is replaced. */
  readonly secret: Secret;
  /** @param callback where the forge sends the browser back to */
  begin(callback: string): Promise<BegunSignIn & { readonly url: string }>;
  /**
   * @param answer the address that the browser came back by, with what the forge added
   * @throws SignInRefused
   */
  person(answer: URL, begun: BegunSignIn, callback: string): Promise<SignedInPerson>;
  /** By that person's rights on the followed repository; null for none. Fails with `ForgeFailure`. */
  roleOf(login: string, grant: string | null): Promise<PersonRole | null>;
}

/** The forge, or what was made of its answer, says no. The message is for people. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused';
}
