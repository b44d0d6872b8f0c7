// What is declared of the host's users, and what is seen of them.

import type { SecretReference } from '../../../model/action.ts';
import type { Account } from './accounts.ts';

export type UserSpec = {
  readonly username: string;
  /** Password hash in the format of crypt(3); null: no password is set. */
  readonly passwordHash: SecretReference | null;
  /** Whether sudo asks for a password; also true for a plain-text password in the configuration, which Phoenix never sets. */
  readonly hasPassword: boolean;
  readonly sudo: boolean;
  readonly sshKey: string | null;
};

export interface SeenUsers {
  readonly accounts: readonly Account[];
  /** Content of Proxmox's user.cfg. */
  readonly proxmox: string;
  /** Authorised keys by account name: of Phoenix's accounts and of the declared one. */
  readonly keys: ReadonlyMap<string, string | null>;
  readonly sudoInstalled: boolean;
  readonly sudoers: string | null;
  readonly staged: string | null;
  /** Which password hash was set last: its reference and a keyed digest of its value. */
  readonly note: string | null;
}
