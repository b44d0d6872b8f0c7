// Fields of guests that are declared and do nothing, because of what is declared beside them.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { LxcGuest } from '../../lxc/declared.ts';
import type { RuleContext } from '../../rule.ts';
import type { VmGuest } from '../../vm/declared.ts';
import { addressOf, allGuests, isChecked, nameOfGuest, targetOf } from '../guests.ts';

type Guest = LxcGuest | VmGuest;

/** A field that does nothing. */
interface Idle {
  readonly keys: readonly string[];
  readonly why: string;
  readonly hint: string;
}

const TAKE_OUT = 'Take it out.';

/** NO_EFFECT: fields that do nothing beside others. INVALID_VALUE: a template that is to run, since it would be shut down for good. */
export function fieldsHaveAnEffect({ config }: RuleContext): Diagnostic[] {
  return allGuests(config).flatMap((guest) => {
    const idle = [
      ...(guest.isTemplate ? idleInTemplate(guest) : []),
      ...idleHealthCheck(guest),
      ...idleService(guest),
      ...(guest.kind === 'lxc' ? idleInContainer(guest) : [...idleSnapshot(guest), ...idleAgentName(guest)]),
    ];
    return [...runningTemplate(guest), ...idle.map((one) => noEffect(guest, one))];
  });
}

function runningTemplate(guest: Guest): Diagnostic[] {
  if (!guest.isTemplate || guest.startState !== 'running') return [];
  return [
    {
      code: 'INVALID_VALUE',
      at: placeIn(guest.writtenAt, 'state'),
      message: `${nameOfGuest(guest)} is to run and to be a template, and a template is never started`,
      hint: 'Take "state" out for a template, or "is_template" for a guest that runs.',
      target: targetOf(guest),
    },
  ];
}

/** Proxmox starts no template and takes no snapshot of one. (qemu-server, PVE/QemuServer.pm, vm_start; pve-guest-common, PVE/AbstractConfig.pm, __snapshot_prepare) */
function idleInTemplate(guest: Guest): Idle[] {
  const idle: Idle[] = [];
  const add = (is: boolean, why: string, ...keys: string[]): void => {
    if (is) idle.push({ keys, why, hint: TAKE_OUT });
  };
  const unsnapped = 'Proxmox takes no snapshot of a template; clones are made from the template itself';
  add(guest.startState === 'unmanaged', 'a template is never started', 'state');
  add(guest.start_at_boot === true, 'a template is never started', 'start_at_boot');
  add(guest.templateSnapshot !== null, unsnapped, 'template_snapshot_name');
  if (guest.kind === 'lxc') add(guest.lifecycleSnapshots, unsnapped, 'enable_lifecycle_snapshots');
  else {
    add(guest.snapshots.preFeatures !== null, unsnapped, 'snapshots', 'pre-features');
    add(guest.snapshots.postFeatures !== null, unsnapped, 'snapshots', 'post-features');
  }
  return idle;
}

function idleHealthCheck(guest: Guest): Idle[] {
  if (guest.healthCheck === null || isChecked(guest)) return [];
  const hint = guest.isTemplate ? TAKE_OUT : 'Write "state": "running", or take it out.';
  return [{ keys: ['health_check'], why: 'only a guest that Phoenix keeps running is checked', hint }];
}

/** Nothing says where the service answers. Certificates are asked at the port of an authority, whose name may be known without its address. */
function idleService(guest: Guest): Idle[] {
  const isAuthority = guest.kind === 'lxc' && guest.role === 'ca';
  if (guest.traefikService === null || addressOf(guest) !== null || isAuthority) return [];
  const why = 'the guest has no fixed address, so nothing can pass requests on to it';
  return [
    { keys: ['traefik_service'], why, hint: 'Give its first interface an address with prefix length, or take it out.' },
  ];
}

/** The snapshot before scripts of a VM in which no script runs. */
function idleSnapshot({ isTemplate, snapshots, features, volumes, user }: VmGuest): Idle[] {
  const hasScripts = features.length > 0 || volumes.length > 0 || user.passwordHash !== null;
  if (isTemplate || snapshots.preFeatures === null || hasScripts) return [];
  const why = 'nothing is installed in the VM, and the snapshot is taken right before that';
  return [{ keys: ['snapshots', 'pre-features'], why, hint: 'Write "post-features", or take it out.' }];
}

/** A name that nobody asks for, and that no record of the DNS can have. */
function idleAgentName(guest: VmGuest): Idle[] {
  const { role, agentHostname } = guest.portainer;
  if (agentHostname === null || role === 'agent' || addressOf(guest) !== null) return [];
  const why = 'the VM is no agent of Portainer and has no fixed address';
  return [{ keys: ['portainer_agent_hostname'], why, hint: 'Write "portainer_role": "agent", or take it out.' }];
}

/** The features that Phoenix ships and that ask a certificate authority. */
const ASKING = ['trusted_ca', 'step_cli', 'traefik'];

function idleInContainer(guest: LxcGuest): Idle[] {
  const { apparmorProfile: profile, pctFeatures, unprivileged, features, role } = guest;
  const isOwnProfile = profile !== null && profile !== 'unconfined' && profile !== 'generated';
  const isNested = isOwnProfile && pctFeatures['nesting'] !== undefined;
  const isGiven = (names: readonly string[]): boolean =>
    guest.applicationScript !== null || features.some(({ name, blob }) => blob !== null || names.includes(name));
  const readers = 'a script of its own';
  const isPassedTo = (role === 'gateway' || role === 'proxy') && addressOf(guest) === null;
  return [
    ...(isPassedTo
      ? [
          {
            keys: ['role'],
            why: 'the container has no fixed address, so nothing is configured in it and nothing is passed on to it',
            hint: 'Give its first interface an address with prefix length, or write "role": "none".',
          },
        ]
      : []),
    ...(guest.apparmorManagesNesting && !isNested
      ? [
          {
            keys: ['apparmor_manages_nesting'],
            why: 'it leaves out nesting beside a profile of your own, and one of the two is not declared',
            hint: 'Declare "apparmor_profile" and "nesting=1" in "pct_options", or take it out.',
          },
        ]
      : []),
    ...(guest.vllm !== null && !isGiven(['vllm'])
      ? [
          {
            keys: ['vllm_engine_config'],
            why: `only the feature "vllm" and ${readers} read it`,
            hint: 'Add "vllm" to "features", or take it out.',
          },
        ]
      : []),
    ...(guest.bootstrapCaUrl !== null && !isGiven(ASKING)
      ? [
          {
            keys: ['bootstrap_ca_url'],
            why: `only the features ${ASKING.map((name) => `"${name}"`).join(', ')} and ${readers} read it`,
            hint: 'Add "trusted_ca" to "features", or take it out.',
          },
        ]
      : []),
    ...(guest.idMaps.length > 0 && unprivileged === false
      ? [
          {
            keys: ['id_maps'],
            why: 'in a privileged container all ids are those of the host already',
            hint: 'Take it out, or write "unprivileged": true for a new container.',
          },
        ]
      : []),
  ];
}

function noEffect(guest: Guest, { keys, why, hint }: Idle): Diagnostic {
  return {
    code: 'NO_EFFECT',
    at: placeIn(guest.writtenAt, ...keys),
    message: `"${keys.at(-1)}" of ${nameOfGuest(guest)} has no effect: ${why}`,
    hint,
    target: targetOf(guest),
  };
}
