// Checks the roles of containers in the environment: each role at most once, and present where something depends on it.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { targetId } from '../../../model/ids.ts';
import type { Config, Guest } from '../../config.ts';
import type { LxcGuest } from '../../lxc/declared.ts';
import type { RuleContext } from '../../rule.ts';
import { allGuests, nameOfGuest, targetOf } from '../guests.ts';

type Role = NonNullable<LxcGuest['role']>;

const WHO: Readonly<Record<Role, string>> = {
  ca: 'the certificate authority',
  proxy: 'the inner proxy, Traefik',
  gateway: 'the gateway, nginx',
};

/** INVALID_VALUE: two containers have the same role; reported at each of them. */
export function rolesAreUnique({ config }: RuleContext): Diagnostic[] {
  const roles = Object.keys(WHO) as Role[];
  return roles.flatMap((role): Diagnostic[] => {
    const same = config.lxc.filter((guest) => guest.role === role);
    if (same.length < 2) return [];
    const [first, second] = same as [LxcGuest, LxcGuest];
    return same.map((guest) => ({
      code: 'INVALID_VALUE',
      at: placeIn(guest.writtenAt, 'role'),
      message: `${nameOfGuest(guest)} has the role "${role}", and so has ${nameOfGuest(guest === first ? second : first)}`,
      hint: `There is one for ${WHO[role]}: write "role": "none" on the other.`,
      target: targetOf(guest),
    }));
  });
}

/** UNKNOWN_REFERENCE: something needs a role that no container has; NO_EFFECT: something would be for one that has it. */
export function neededRolesAreGiven({ config, unreadable }: RuleContext): Diagnostic[] {
  // A guest that could not be read may have the role.
  if (unreadable.someGuest) return [];
  return [
    ...certificatesOfNobody(config),
    ...featuresOfNobody(config),
    ...servicesOfNobody(config),
    ...authorityOfNobody(config),
  ];
}

function has(config: Config, role: Role): boolean {
  return config.lxc.some((guest) => guest.role === role);
}

function toWrite(role: Role): string {
  return `Write "role": "${role}" on the container that is ${WHO[role]}.`;
}

function certificatesOfNobody(config: Config): Diagnostic[] {
  return config.certificates.flatMap((certificate): Diagnostic[] => {
    const diagnostic = {
      code: 'UNKNOWN_REFERENCE',
      at: placeIn(certificate.writtenAt, 'common_name'),
      target: targetId('certificate', certificate.commonName),
    } as const;
    if (!has(config, 'ca'))
      return [{ ...diagnostic, message: 'Nobody signs it: no container has the role "ca"', hint: toWrite('ca') }];
    if (certificate.issuer === 'jwk' || has(config, 'gateway')) return [];
    const message = 'Nobody answers for its names by ACME: no container has the role "gateway"';
    return [{ ...diagnostic, message, hint: `${toWrite('gateway')} Or let it be issued by "jwk".` }];
  });
}

/** Features that cannot be installed without an authority. */
const ASKING = new Set(['trusted_ca']);

function featuresOfNobody(config: Config): Diagnostic[] {
  if (has(config, 'ca')) return [];
  return allGuests(config).flatMap((guest): Diagnostic[] => {
    const index = guest.features.findIndex(({ name, blob }) => blob === null && ASKING.has(name));
    if (index < 0 || (guest.kind === 'lxc' && guest.bootstrapCaUrl !== null)) return [];
    const other = guest.kind === 'lxc' ? ' Or name one that is elsewhere in "bootstrap_ca_url".' : '';
    return [
      {
        code: 'UNKNOWN_REFERENCE',
        at: placeIn(guest.writtenAt, 'features', index),
        message: `Feature "${guest.features[index]?.name}" trusts the authority, and no container has the role "ca"`,
        hint: `${toWrite('ca')}${other}`,
        target: targetOf(guest),
      },
    ];
  });
}

/** NO_EFFECT: names of an authority that no container is, and that no script of a guest gets. */
function authorityOfNobody(config: Config): Diagnostic[] {
  const { stepCa, writtenAt } = config.hypervisor;
  if (stepCa === null || has(config, 'ca') || allGuests(config).some(getsNamesOfAuthority)) return [];
  const message = '"step_ca" has no effect: no container has the role "ca"';
  const hint = `${toWrite('ca')} Or take this out.`;
  return [{ code: 'NO_EFFECT', at: placeIn(writtenAt, 'step_ca'), message, hint, onKey: true }];
}

/** Whether a script of the guest has the names as inputs: the shipped feature that installs an authority, and any script of the config repo. */
function getsNamesOfAuthority(guest: Guest): boolean {
  const isOwnScript = guest.kind === 'lxc' && guest.applicationScript !== null && guest.applicationScript.blob !== null;
  return isOwnScript || guest.features.some(({ name, blob }) => blob !== null || name === 'step_ca');
}

/** NO_EFFECT: a service is to be reached through the proxy, and there is no proxy. */
function servicesOfNobody(config: Config): Diagnostic[] {
  if (has(config, 'proxy')) return [];
  return config.vm.filter(({ traefikService }) => traefikService !== null).map(unserved);
}

function unserved(guest: Guest): Diagnostic {
  return {
    code: 'NO_EFFECT',
    at: placeIn(guest.writtenAt, 'traefik_service'),
    message: `Nobody passes "${guest.traefikService?.name}" on: no container has the role "proxy"`,
    hint: toWrite('proxy'),
    target: targetOf(guest),
  };
}
