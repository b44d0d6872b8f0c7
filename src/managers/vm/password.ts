// The password that cloud-init gives a VM's user. Proxmox keeps its hash, which is never compared: Phoenix's block in the notes holds a keyed digest of
// the value that was set last, so that it is set again only once the secret has changed, or Proxmox has none.

import type { SecretReference } from '../../model/action.ts';
import type { FieldDifference } from '../../model/run.ts';
import type { Notes } from '../guest/observe/notes.ts';
import { promptedTwice } from '../guest/proxmox/command.ts';
import type { GuestConf } from '../guest/proxmox/conf.ts';
import type { PromptedOption } from '../guest/proxmox/settings.ts';
import type { Wanted } from '../manager.ts';
import type { VmSpec } from './vm-spec.ts';

export const OPTION = 'cipassword';

/** What is to be done about the password of an existing VM. */
export interface PasswordChange {
  /** To be set; null: not. */
  readonly set: PromptedOption | null;
  /** Whether it is to be removed, since it is no longer declared. */
  readonly isRemoved: boolean;
  /** What the notes will hold. */
  readonly noted: string | undefined;
}

/**
 * A password that a person set on an adopted VM counts as the declared one, since the two cannot be compared. One that is not declared goes where
 * Phoenix set it, or where `qm clone` copied it from the source; another one is a person's, and stays.
 */
export function passwordChange(
  { before, adopt }: Pick<Wanted<VmSpec>, 'before' | 'adopt'>,
  spec: VmSpec,
  conf: GuestConf,
  notes: Notes | null,
): PasswordChange {
  const secret = passwordOf(spec);
  const noted = notes?.password;
  const isSet = conf.settings[OPTION] !== undefined;
  if (secret === null) {
    const isCopied = notes?.building === true && notes.restarting !== true;
    const isOwn = noted !== undefined || (before !== undefined && passwordOf(before) !== null);
    return { set: null, isRemoved: isSet && (isCopied || isOwn), noted: undefined };
  }
  const isAdopted = adopt === true && before === undefined && noted === undefined;
  // A value that is not known counts as the one that was set.
  const isSame = isAdopted || secret.digest === undefined || secret.digest === noted;
  const now = secret.digest ?? noted;
  return isSet && isSame
    ? { set: null, isRemoved: false, noted: now }
    : { set: promptedPassword(secret), isRemoved: false, noted: now };
}

/** The declared password; null for none, and for a VM without cloud-init. */
export function passwordOf({ cloud_init, user }: Pick<VmSpec, 'cloud_init' | 'user'>): SecretReference | null {
  return cloud_init ? (user.password ?? null) : null;
}

export function promptedPassword(secret: SecretReference): PromptedOption {
  return { option: OPTION, label: 'the password of cloud-init', stdin: promptedTwice(secret) };
}

export function passwordDifferences(
  wanted: Wanted<VmSpec>,
  spec: VmSpec,
  conf: GuestConf,
  notes: Notes | null,
): FieldDifference[] {
  const { set, isRemoved } = passwordChange(wanted, spec, conf, notes);
  const field = 'user_config.password';
  if (isRemoved) return [{ field, declared: null, observed: 'set' }];
  if (set === null) return [];
  const declared = passwordOf(spec)?.$secret ?? null;
  return [{ field, declared, observed: conf.settings[OPTION] === undefined ? null : 'another one' }];
}
