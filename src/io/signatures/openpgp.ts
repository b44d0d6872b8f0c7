// Verifies OpenPGP signatures. The key must have been valid at the signature's time; a key that was revoked as compromised is never valid.

import { createMessage, type Key, readKeys, readSignature, verify } from 'openpgp';
import type { Signed } from '../../ports/signatures.ts';
import type { SignedCommit } from './commit-object.ts';

/** Tolerance for clocks of other machines that are ahead. */
const AHEAD_MS = 300_000;

/** @throws with a sentence for people when one of the blocks is no public key */
export async function readOpenpgpKeys(blocks: readonly string[]): Promise<Key[]> {
  const keys: Key[] = [];
  for (const [index, armoredKeys] of blocks.entries()) {
    try {
      keys.push(...(await readKeys({ armoredKeys })));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`OpenPGP key ${index + 1} of ${blocks.length} cannot be read: ${reason}`, { cause });
    }
  }
  return keys;
}

export async function verifyOpenpgp(
  { payload, signature }: SignedCommit & { readonly signature: string },
  keys: readonly Key[],
  now: Date,
): Promise<Signed> {
  let reason = 'has an OpenPGP signature that cannot be read';
  try {
    const { signatures } = await verify({
      message: await createMessage({ binary: payload }),
      signature: await readSignature({ armoredSignature: signature }),
      verificationKeys: [...keys],
      date: new Date(now.getTime() + AHEAD_MS),
      format: 'binary',
    });
    for (const { verified, keyID } of signatures) {
      const key = keys.find((each) => each.getKeys(keyID).length > 0);
      if (key === undefined) {
        reason = `is signed with the OpenPGP key ${keyID.toHex().toUpperCase()}, which is not among the known ones`;
        continue;
      }
      try {
        await verified;
        return { valid: true, signer: await nameOf(key) };
      } catch (error) {
        reason = `has no valid OpenPGP signature of ${await nameOf(key)}: ${messageOf(error)}`;
      }
    }
  } catch (error) {
    reason = `has an OpenPGP signature that cannot be read: ${messageOf(error)}`;
  }
  return { valid: false, reason };
}

/** Also for a key that is no longer valid. */
async function nameOf(key: Key): Promise<string> {
  return key.getUserIDs()[0] ?? key.getFingerprint().toUpperCase();
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^Error verifying signed message: |^Error reading signature: /, '').replace(/\.$/, '');
}
