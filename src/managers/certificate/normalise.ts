// Normalises a certificate; of commands after a renewal only known kinds are accepted.

import type { z } from 'zod';
import type { Diagnostic } from '../../config/diagnostic.ts';
import type { Place } from '../../config/read/place.ts';
import { placeIn } from '../../config/read/place.ts';
import type { Certificate, CertificateHook, HookWork } from './declared.ts';
import type { certificate } from './schema.ts';

type Written = z.output<typeof certificate>;

export interface NormalisedCertificate {
  readonly certificate: Certificate;
  readonly diagnostics: readonly Diagnostic[];
}

/** UNKNOWN_HOOK when the command is not of a known kind, or when two are written. */
export function normaliseCertificate(written: Written, at: Place): NormalisedCertificate {
  const { hook, diagnostics } = hookOf(written, at);
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
      issuer: written.issuer,
      lifetimeSeconds: written.lifetime === undefined ? null : secondsOf(written.lifetime),
      hook,
    },
    diagnostics,
  };
}

const UNITS: Readonly<Record<string, number>> = { d: 86_400, h: 3_600, m: 60 };

function secondsOf(duration: string): number {
  const parts = [...duration.matchAll(/(\d+)([dhm])/g)];
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0);
}

function hookOf(
  written: Written,
  at: Place,
): { readonly hook: CertificateHook | null; readonly diagnostics: Diagnostic[] } {
  const command = (written.post_renewal_command ?? '').trim().replaceAll(/\s+/g, ' ');
  const writtenAt = placeIn(at, command === '' ? 'post_renewal' : 'post_renewal_command');
  const refused = (message: string, hint: string) => ({
    hook: null,
    diagnostics: [{ code: 'UNKNOWN_HOOK', at: writtenAt, message, hint } as const],
  });
  if (command === '') {
    if (written.post_renewal === undefined) return { hook: null, diagnostics: [] };
    const hook = {
      guest: Number(written.post_renewal.guest),
      guestKind: null,
      writtenAt,
      ...workOf(written.post_renewal),
    };
    return { hook, diagnostics: [] };
  }
  if (written.post_renewal !== undefined) {
    return refused('what follows a renewal is written twice', 'Remove "post_renewal_command".');
  }
  const hook = parsed(command);
  if (hook !== null) return { hook: { ...hook, writtenAt }, diagnostics: [] };
  const form = typedForm(command);
  return refused(
    'the command after a renewal is of no kind that Phoenix runs',
    `Write "post_renewal": ${form} instead.`,
  );
}

function workOf(written: NonNullable<Written['post_renewal']>): HookWork {
  switch (written.kind) {
    case 'reload-service':
      return { kind: 'service', verb: 'reload', unit: written.unit };
    case 'restart-service':
      return { kind: 'service', verb: 'restart', unit: written.unit };
    case 'restart-container':
      return { kind: 'container', container: written.container };
    case 'exec':
      return { kind: 'exec', argv: written.argv };
    default:
      return written satisfies never;
  }
}

const HOOK =
  /^(pct exec|qm guest exec) ([1-9][0-9]{2,8}) -- (?:systemctl (reload|restart) ([\w@.:][\w@.:-]*)|docker restart ([a-zA-Z0-9][\w.-]*))$/;

function parsed(command: string): (Omit<CertificateHook, 'writtenAt'> & HookWork) | null {
  const parts = HOOK.exec(command);
  if (parts === null) return null;
  const [, program, id, verb, unit, container] = parts;
  const guest = { guest: Number(id), guestKind: program === 'pct exec' ? ('lxc' as const) : ('vm' as const) };
  if (container !== undefined) return { ...guest, kind: 'container', container };
  return { ...guest, kind: 'service', verb: verb === 'reload' ? 'reload' : 'restart', unit: unit ?? '' };
}

/** The supported form that is nearest to the command, so that its author can check whether that is what was meant. */
function typedForm(command: string): string {
  const guest = /^(?:pct exec|qm guest exec) ([1-9][0-9]{2,8})\b/.exec(command)?.[1] ?? 'ID';
  const [, verb, unit] = /\bsystemctl (reload|restart) ([\w@.:][\w@.:-]*)/.exec(command) ?? [];
  if (unit !== undefined) return `{"kind": "${verb}-service", "guest": ${guest}, "unit": "${unit}"}`;
  const container = /\bdocker restart ([a-zA-Z0-9][\w.-]*)/.exec(command)?.[1];
  if (container !== undefined) return `{"kind": "restart-container", "guest": ${guest}, "container": "${container}"}`;
  return `{"kind": "exec", "guest": ${guest}, "argv": ["PROGRAM", "ARGUMENT"]}`;
}
