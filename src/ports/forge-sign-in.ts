// The port to sign-in by the forge: who a person is, and what they may do here.

import type { PersonRole } from '../model/person.ts';
import type { Secret } from '../model/secret.ts';

/** State that the browser keeps while it visits the forge. */
export interface BegunSignIn {
  readonly state: string;
  readonly verifier: string;
}

interface SignedInPerson {
  /** The person's login at the forge. */
  readonly login: string;
  /** Token for reading the person's rights, where only the person may read them; a secret. */
  readonly grant: string | null;
}

export interface ForgeSignIn {
  /** Display name of the forge. */
  readonly name: string;
  /** Secret of the OAuth application: sessions end when it is replaced. */
  readonly secret: Secret;
  /** @param callback URL to which the forge redirects the browser */
  begin(callback: string): Promise<BegunSignIn & { readonly url: string }>;
  /**
   * @param answer the URL of the redirect, with the forge's parameters
   * @throws SignInRefused
   */
  person(answer: URL, begun: BegunSignIn, callback: string): Promise<SignedInPerson>;
  /** The role by the person's rights in the followed repository; null for none. Fails with `ForgeFailure`. */
  roleOf(login: string, grant: string | null): Promise<PersonRole | null>;
}

/** The sign-in was refused. The message is for people. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused';
}
