// Finds out who signed a commit, by OpenPGP and SSH keys.

import type { SigningKeys } from '../../model/signing-keys.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Signatures, Signed } from '../../ports/signatures.ts';
import { parseSignedCommit, type SignedCommit } from './commit-object.ts';
import { readOpenpgpKeys, verifyOpenpgp } from './openpgp.ts';
import { verifySsh } from './ssh.ts';

/**
 * @param path PATH for `ssh-keygen`
 * @throws with a sentence for people when one of the keys is invalid
 */
export async function openSignatures(
  keys: SigningKeys,
  { clock, path }: { clock: Clock; path?: string },
): Promise<Signatures> {
  const openpgp = await readOpenpgpKeys(keys.openpgp);
  return {
    async verify(commit) {
      let signed: SignedCommit;
      try {
        signed = parseSignedCommit(commit);
      } catch (error) {
        return { valid: false, reason: error instanceof Error ? error.message : String(error) };
      }
      const { signature } = signed;
      if (signature === null) return { valid: false, reason: 'is not signed' };
      return byKind({ ...signed, signature });
    },
  };

  async function byKind(signed: SignedCommit & { readonly signature: string }): Promise<Signed> {
    const [, kind] = /^-----BEGIN ([A-Z ]+)-----/.exec(signed.signature) ?? [];
    switch (kind) {
      case 'PGP SIGNATURE':
      case 'PGP MESSAGE':
        return verifyOpenpgp(signed, openpgp, clock.now());
      case 'SSH SIGNATURE':
        return verifySsh(signed, keys.ssh, path);
      case 'SIGNED MESSAGE':
        return { valid: false, reason: 'is signed with X.509, which Phoenix does not check; sign with OpenPGP or SSH' };
      default:
        return {
          valid: false,
          reason: 'has a signature of a kind that Phoenix does not know; sign with OpenPGP or SSH',
        };
    }
  }
}
