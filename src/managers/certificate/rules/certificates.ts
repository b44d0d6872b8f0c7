// Checks certificates: their user can read them, they contain the names that clients use, and their keys are private.

import { fixedAddress } from '../../../config/address.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { type TargetId, targetId } from '../../../model/ids.ts';
import type { Config, Guest } from '../../config.ts';
import { nameOfGuest } from '../../guest/guests.ts';
import { routesOf } from '../../routes/routes.ts';
import type { RuleContext } from '../../rule.ts';
import type { Certificate } from '../declared.ts';
import { containerThatSees, isBelow, ownerOf } from '../file-owner.ts';
import { CERTIFICATE_FILE } from '../schema.ts';

/** UNKNOWN_HOOK: the action after a renewal addresses a guest that is not declared, or of another kind. */
export function hooksNameGuests({ config, unreadable }: RuleContext): Diagnostic[] {
  return config.certificates.flatMap((certificate): Diagnostic[] => {
    const { hook } = certificate;
    if (hook === null || unreadable.guest(hook.guest)) return [];
    const kind = config.guests.get(hook.guest)?.kind;
    if (kind !== undefined && (hook.guestKind === null || kind === hook.guestKind)) return [];
    const wanted = hook.guestKind === null ? 'guest' : hook.guestKind === 'lxc' ? 'container' : 'VM';
    const message =
      kind === undefined
        ? `there is no ${wanted} ${hook.guest}`
        : `${hook.guest} is not a ${wanted}, so the command cannot reach it`;
    return [
      {
        code: 'UNKNOWN_HOOK',
        at: hook.writtenAt,
        message,
        target: targetOf(certificate),
      },
    ];
  });
}

/** CERTIFICATE_PATH: the guest that is notified of a renewal does not mount the folder with the files. */
export function certificatesAreMounted({ config }: RuleContext): Diagnostic[] {
  return config.certificates.flatMap((certificate) => {
    const guest = certificate.hook === null ? undefined : config.guests.get(certificate.hook.guest);
    if (guest === undefined) return [];
    const mounts = mountsOf(guest);
    return (['cert_path', 'key_path'] as const).flatMap((field): Diagnostic[] => {
      const path = field === 'cert_path' ? certificate.certPath : certificate.keyPath;
      if (mounts.some((mount) => isBelow(path, mount))) return [];
      const seen = mounts.length === 0 ? 'It has no mounts at all.' : `It sees ${mounts.join(', ')}.`;
      const message = `${nameOfGuest(guest)} does not see ${path}`;
      return [
        {
          code: 'CERTIFICATE_PATH',
          at: placeIn(certificate.writtenAt, field),
          message,
          hint: seen,
          target: targetOf(certificate),
        },
      ];
    });
  });
}

function mountsOf(guest: Guest): string[] {
  return guest.kind === 'lxc'
    ? guest.mountPoints.map(({ hostPath }) => hostPath)
    : guest.volumes.map(({ path }) => path);
}

/** KEY_MODE: every user of the host and of the guest can read the key. */
export function keysAreNotWorldReadable({ config }: RuleContext): Diagnostic[] {
  return config.certificates
    .filter(({ mode }) => (mode & 0o007) !== 0)
    .map((certificate) => ({
      code: 'KEY_MODE',
      at: placeIn(certificate.writtenAt, 'permissions'),
      message: `the key is open to everyone: its permissions are ${certificate.mode.toString(8)}`,
      hint: 'Use 640, or 600 where one user needs it.',
      target: targetOf(certificate),
    }));
}

/** DUPLICATE_NAME, CERTIFICATE_PATH: two certificates have the same name, or write the same file. */
export function certificatesAreApart({ config }: RuleContext): Diagnostic[] {
  const names = new Map<string, Certificate>();
  const paths = new Map<string, Certificate>();
  return config.certificates.flatMap((certificate): Diagnostic[] => {
    const diagnostics: Diagnostic[] = [];
    const name = certificate.commonName.toLowerCase();
    if (names.has(name)) {
      diagnostics.push({
        code: 'DUPLICATE_NAME',
        at: placeIn(certificate.writtenAt, 'common_name'),
        message: `there is another certificate for ${certificate.commonName}`,
        hint: 'Write one entry with all names in "sans".',
        target: targetOf(certificate),
      });
    }
    names.set(name, names.get(name) ?? certificate);
    for (const field of ['cert_path', 'key_path'] as const) {
      const path = field === 'cert_path' ? certificate.certPath : certificate.keyPath;
      const other = paths.get(path);
      if (other !== undefined) {
        diagnostics.push({
          code: 'CERTIFICATE_PATH',
          at: placeIn(certificate.writtenAt, field),
          message: `${path} is written by the certificate for ${other.commonName} already`,
          hint: 'Give each file a path of its own.',
          target: targetOf(certificate),
        });
      }
      paths.set(path, other ?? certificate);
    }
    return diagnostics;
  });
}

/** INVALID_VALUE: the owner is a name whose id only the container can resolve, once it exists. */
export function ownersHaveNumbers({ config, unreadable }: RuleContext): Diagnostic[] {
  // A guest that could not be read may be the container that mounts it.
  if (unreadable.someGuest) return [];
  return config.certificates.flatMap((certificate): Diagnostic[] => {
    const container = containerThatSees(config, certificate);
    if (container === null) return [];
    const { uid, gid } = ownerOf(config, certificate);
    if (uid !== null && gid !== null) return [];
    const name = uid === null ? certificate.owner : certificate.group;
    return [
      {
        code: 'INVALID_VALUE',
        at: placeIn(certificate.writtenAt, 'owner'),
        message: `what number "${name}" has in ${nameOfGuest(container)} is not known before it exists`,
        hint: 'Write numbers, such as "998:998".',
        target: targetOf(certificate),
      },
    ];
  });
}

/** INVALID_VALUE: a name that an HTTP challenge cannot prove: a wildcard, or an address. */
export function acmeNamesCanBeProved({ config }: RuleContext): Diagnostic[] {
  return config.certificates
    .filter(({ issuer }) => issuer === 'acme')
    .flatMap((certificate) => {
      const { sans } = certificate;
      const unprovable = sans.filter((san) => san.startsWith('*') || fixedAddress(san) !== null);
      return unprovable.map(
        (san): Diagnostic => ({
          code: 'INVALID_VALUE',
          at: placeIn(certificate.writtenAt, 'sans', sans.indexOf(san)),
          message: `by ACME nobody can prove ${san}: ${san.startsWith('*') ? 'it is no name that leads anywhere' : 'it is an address'}`,
          hint: 'Take it out, or write "issuer": "jwk".',
          target: targetOf(certificate),
        }),
      );
    });
}

/** SAN_MISSING: the common name is not among the alternative names, which are all that clients check. */
export function commonNamesAreAmongTheNames({ config }: RuleContext): Diagnostic[] {
  return config.certificates
    .filter(({ commonName, sans }) => !sans.some((san) => matches(san, commonName)))
    .map((certificate) => missingName(certificate, certificate.commonName, 'its common name'));
}

/** SAN_MISSING: a name resolves to the gateway, and none of its certificates contains it. */
export function gatewayCertificatesHoldEveryName({ config, unreadable }: RuleContext): Diagnostic[] {
  if (unreadable.file(CERTIFICATE_FILE) || unreadable.host('domain_name')) return [];
  const gateway = config.lxc.find(({ role }) => role === 'gateway');
  const own = config.certificates.filter(({ hook }) => gateway !== undefined && hook?.guest === gateway.id);
  const [first] = own;
  if (first === undefined) return [];
  const held = own.flatMap(({ sans }) => sans);
  return [...namesAtTheGateway(config)]
    .filter(([name]) => !held.some((san) => matches(san, name)))
    .map(([name, why]) => missingName(first, name, why));
}

/** Names that clients reach through the gateway, with the object that gives each name. */
function namesAtTheGateway(config: Config): Map<string, string> {
  const { hypervisor, vm } = config;
  const names = new Map<string, string>();
  for (const { hosts, source } of routesOf(config).routes) {
    if (source.startsWith('stack ')) for (const name of hosts) names.set(name, source);
  }
  for (const guest of vm) {
    if (guest.traefikService === null || guest.portainer.role === 'agent') continue;
    names.set(`${guest.traefikService.name}.${hypervisor.domain}`.toLowerCase(), `the service of vm/${guest.id}`);
  }
  const portainer = hypervisor.portainer?.hostname?.toLowerCase();
  if (portainer !== undefined) names.set(portainer, 'portainer_hostname');
  return names;
}

function missingName(certificate: Certificate, name: string, why: string): Diagnostic {
  return {
    code: 'SAN_MISSING',
    at: placeIn(certificate.writtenAt, 'sans'),
    message: `the certificate does not hold ${name} (${why})`,
    hint: hintFor(name),
    target: targetOf(certificate),
  };
}

/** No name of a certificate has an underscore; a wildcard covers one in the first label. */
function hintFor(name: string): string {
  const [label = '', ...others] = name.split('.');
  const above = others.join('.');
  if (above.includes('_') || (label.includes('_') && others.length < 2))
    return 'Give it a name without underscores: no certificate holds this one.';
  return `Add "${label.includes('_') ? `*.${above}` : name}" to "sans".`;
}

/** Whether a name of a certificate covers another; `*` stands for one label. */
function matches(san: string, name: string): boolean {
  const [a, b] = [san.toLowerCase(), name.toLowerCase()];
  return a === b || (a.startsWith('*.') && b.includes('.') && b.slice(b.indexOf('.')) === a.slice(1));
}

function targetOf({ commonName }: Certificate): TargetId {
  return targetId('certificate', commonName);
}
