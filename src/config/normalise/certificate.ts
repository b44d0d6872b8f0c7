// A certificate from its written form; of commands after a renewal only the known kinds are left.

import type { z } from 'zod';
import type { Place } from '../config.ts';
import type { Certificate, CertificateHook } from '../config-services.ts';
import { within } from '../place.ts';
import type { Finding } from '../rules/rule.ts';
import type { certificate } from '../schema/certificate.ts';

export interface NormalisedCertificate {
  readonly certificate: Certificate;
  readonly findings: readonly Finding[];
}

/** UNKNOWN_HOOK when the command is of no known kind. */
export function normaliseCertificate(written: z.output<typeof certificate>, at: Place): NormalisedCertificate {
  const command = written.post_renewal_command?.trim() ?? '';
  const hook = command === '' ? null : hookOf(command);
  const findings: Finding[] = [];
  if (command !== '' && hook === null) {
    findings.push({
      code: 'UNKNOWN_HOOK',
      at: within(at, 'post_renewal_command'),
      message: 'the command after a renewal is of no kind that Phoenix runs',
      hint: 'Use "pct exec ID -- systemctl reload UNIT", "qm guest exec ID -- systemctl restart UNIT" or "qm guest exec ID -- docker restart NAME".',
    });
  }
  const [owner = 'root', group = 'root'] = written.owner.split(':');
  return {
    certificate: {
      writtenAt: at,
      commonName: written.common_name,
      sans: written.sans.length === 0 ? [written.common_name] : [...new Set(written.sans)],
      certPath: written.cert_path,
      keyPath: written.key_path,
      owner,
      group,
      mode: Number.parseInt(written.permissions, 8),
      hook,
    },
    findings,
  };
}

const HOOK =
  /^(pct exec|qm guest exec) ([1-9][0-9]{2,8}) -- (?:systemctl (reload|restart) ([\w@.:-]+)|docker restart ([\w.-]+))$/;

function hookOf(command: string): CertificateHook | null {
  const parts = HOOK.exec(command.replaceAll(/\s+/g, ' '));
  if (parts === null) return null;
  const [, program, id, verb, unit, container] = parts;
  const guest = { guest: Number(id), guestKind: program === 'pct exec' ? ('lxc' as const) : ('vm' as const) };
  if (container !== undefined) return { ...guest, kind: 'container', container };
  return { ...guest, kind: 'service', verb: verb === 'reload' ? 'reload' : 'restart', unit: unit ?? '' };
}
