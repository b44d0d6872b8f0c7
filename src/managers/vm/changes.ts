// The actions that change an existing VM to what is declared: files first, then one `qm set`, then disks.

import type { Action } from '../../model/action.ts';
import type { FieldDifference } from '../../model/run.ts';
import { isEqual } from '../guest/impact.ts';
import { notesTooLong } from '../guest/lifecycle/adoption.ts';
import type { GuestChanges } from '../guest/lifecycle/decide.ts';
import { firewallActions, impossible, missingOnHost, type Refusal } from '../guest/lifecycle/gate.ts';
import { recordRestart, restartStillDue } from '../guest/lifecycle/restart-due.ts';
import { noteVolumes, parseRetained } from '../guest/lifecycle/retained-volumes.ts';
import {
  type Notes,
  parseNotes,
  printNotes,
  type RestartDue,
  repositoryName,
  sameNotes,
  surroundings,
  withPassword,
  withRestartDue,
} from '../guest/observe/notes.ts';
import type { GuestObservation } from '../guest/observe/observation.ts';
import { action } from '../guest/proxmox/command.ts';
import { type GuestConf, upcoming } from '../guest/proxmox/conf.ts';
import { addressesOf } from '../guest/proxmox/network.ts';
import {
  bridgesIn,
  compareSettings,
  type DesiredSetting,
  type SettingChanges,
  setGuest,
} from '../guest/proxmox/settings.ts';
import { compareSize, wholeGigabytes } from '../guest/proxmox/size.ts';
import { settingDifferences } from '../guest/settings/differences.ts';
import type { Wanted } from '../manager.ts';
import { keyLine, sshKeysPath } from '../public-key.ts';
import { isOfCloudInit, machineSettings, mergeKeys } from './desired-settings.ts';
import { growDisks, ROOT_DRIVE, returningDisks, rootDiskOf, rootSetting, sizesOf } from './drives/disks.ts';
import type { FoundDrives } from './drives/find-drives.ts';
import { OPTION, type PasswordChange, passwordChange, passwordDifferences } from './password.ts';
import { cannotBoot, presentKeys } from './start/boot-devices.ts';
import { startProblem, withDesired } from './start/start-problem.ts';
import { type VmSpec, withMachineDefaults } from './vm-spec.ts';

export function machineChanges(
  wanted: Wanted<VmSpec>,
  spec: VmSpec,
  seen: GuestObservation,
  conf: GuestConf,
  found: FoundDrives,
): GuestChanges | Refusal {
  const present = parseNotes(conf.description);
  const before = wanted.before;
  const building = present?.building ?? false;
  const fresh = building && present?.restarting !== true;
  const desired = desiredOf(wanted, spec, seen, conf, found);
  const compared = compareSettings('qemu', conf, desired);
  const unstartable = whyUnstartable(spec, conf, desired, compared, fresh);
  if (unstartable !== null) return impossible(unstartable);
  const isStale = wanted.adopt !== true && isNews(before, spec) && cloudInitLags(conf, desired(conf.settings));
  const password = passwordChange(wanted, spec, conf, present);
  const due = restartDue(compared, password, present, seen);
  const settings = {
    ...compared,
    ...(password.isRemoved ? withoutPassword(compared) : {}),
    restart: compared.restart || isStale || due !== undefined,
  };
  const notes: Notes = {
    ...surroundings(conf.description, spec.notes, before?.notes),
    repository: repositoryName(wanted.origin),
    target: wanted.target,
    commit: wanted.origin.commit,
    // An `unmanaged` VM would stay stopped if a restart were interrupted: note that it has to be started.
    building: spec.final === 'unmanaged' && (building || (seen.running && settings.restart)),
    ...(fresh ? {} : { restarting: true }),
    scripts: present?.scripts ?? null,
    ...withPassword(password.noted),
    // Once `qm set` has run, the VM's file has no other trace of a restart that is due.
    ...withRestartDue(seen.running ? due : undefined),
  };
  const firewall = firewallActions('qm', wanted, spec, seen);
  if ('kind' in firewall) return firewall;
  const tooLong = notesTooLong(wanted.target, notes);
  if (tooLong !== null) return tooLong;
  const missing = missingOnHost(seen, [], bridgesIn(settings.args));
  if (missing !== null) return missing;
  const keys = mergeKeys(upcoming(conf)['sshkeys'], spec.user.sshKeys, before?.user.sshKeys ?? [], fresh);
  const isNoted = settings.args.length === 0 && password.set === null && sameNotes(present, notes);
  const actions: Action[] = [
    ...noteVolumes('qm', spec.id, seen.host.retained, found.retained),
    ...(settings.args.includes('--sshkeys') ? [writeSshKeys(spec, keys)] : []),
    ...firewall,
    ...setGuest('qm', spec.id, settings, {
      notes: isNoted ? null : printNotes(notes),
      running: seen.running,
      prompted: password.set,
    }),
    ...growDisks(fresh ? { ...spec, disk: withMachineDefaults(spec).disk } : spec, conf),
  ];
  const restarted = recordRestart('qm', spec.id, notes);
  return { notes, changes: { actions, restart: settings.restart, offline: false, restarted } };
}

/** Why the VM would not start with its desired settings; null if nothing is against it. Whether a new one starts is asked in full. */
function whyUnstartable(
  spec: VmSpec,
  conf: GuestConf,
  desired: ReturnType<typeof machineSettings>,
  { args }: SettingChanges,
  fresh: boolean,
): string | null {
  const next = upcoming(conf);
  const devices = [...Object.keys(next), ...presentKeys(desired(next))];
  const bootless = args.includes('--boot') ? cannotBoot(spec, devices) : null;
  if (bootless !== null) return bootless;
  return fresh ? startProblem(spec, withDesired(next, desired(next))) : null;
}

/** The restart that the VM needs and of which its file has no trace once `qm set` has run. */
function restartDue(
  { unrecorded }: SettingChanges,
  password: PasswordChange,
  present: Notes | null,
  seen: GuestObservation,
): RestartDue | undefined {
  const isUnrecorded = unrecorded || password.set !== null || password.isRemoved;
  return isUnrecorded ? (seen.process ?? 'unknown') : restartStillDue(present, seen);
}

function withoutPassword({ args, labels }: SettingChanges): Pick<SettingChanges, 'args' | 'labels'> {
  const at = args.indexOf('--delete');
  const others = at < 0 ? args : [...args.slice(0, at), ...args.slice(at + 2)];
  const removed = at < 0 ? OPTION : `${args[at + 1]},${OPTION}`;
  return { args: [...others, '--delete', removed], labels: [...labels, 'the password of cloud-init'] };
}

/** All desired settings. */
function desiredOf(
  { before }: Wanted<VmSpec>,
  spec: VmSpec,
  { host }: GuestObservation,
  conf: GuestConf,
  found: FoundDrives,
): ReturnType<typeof machineSettings> {
  const notes = parseNotes(conf.description);
  const fresh = notes?.building === true && notes.restarting !== true;
  const root = rootDiskOf(conf, spec.root_disk.bus)?.key ?? ROOT_DRIVE;
  const returning = fresh ? returningDisks(conf, parseRetained(host.retained), host.missing, { root, ...found }) : [];
  return machineSettings(spec, [...rootSetting(spec, before, conf), ...found.settings, ...returning], {
    before,
    fresh,
  });
}

/** The differences of an existing VM, field by field. */
export function machineDifferences(
  wanted: Wanted<VmSpec>,
  spec: VmSpec,
  seen: GuestObservation,
  conf: GuestConf,
  found: FoundDrives,
): FieldDifference[] {
  const sizes = sizesOf(spec, conf).flatMap(({ key, size, sizeGb }): FieldDifference[] => {
    if (sizeGb === null || compareSize(size, sizeGb) === 'fits') return [];
    return [{ field: `${key}.size_gb`, declared: sizeGb, observed: wholeGigabytes(size) }];
  });
  return [
    ...settingDifferences('vm', conf, desiredOf(wanted, spec, seen, conf, found), spec),
    ...passwordDifferences(wanted, spec, conf, parseNotes(conf.description)),
    ...sizes,
  ];
}

/** Whether newly declared values have to reach the VM by cloud-init. What a person changed reaches it when they restart the VM. */
function isNews(before: VmSpec | undefined, after: VmSpec): boolean {
  const said = ({ nameservers, searchdomain, user, ...spec }: VmSpec) => [
    addressesOf(spec),
    nameservers,
    searchdomain,
    user,
  ];
  return before === undefined || !isEqual(said(before), said(after));
}

/**
 * Whether cloud-init's last drive differs from declared values, which then reach the VM at its next start. Proxmox records the former value of each, and
 * the names of those that had none. (qemu-server, PVE/QemuServer.pm, vmconfig_hotplug_pending, $cloudinit_record_changed)
 */
function cloudInitLags({ cloudinit }: GuestConf, desired: readonly DesiredSetting[]): boolean {
  const { added = '', ...former } = cloudinit;
  const lagging = new Set([...Object.keys(former), ...added.split(/[,;\s]+/)]);
  return desired.some(({ key }) => isOfCloudInit(key) && lagging.has(key));
}

export function writeSshKeys({ id, user }: VmSpec, keys: readonly string[] = user.sshKeys): Action {
  return action(`write the SSH keys for VM ${id}`, 'live', {
    kind: 'file',
    path: sshKeysPath(id),
    content: { from: 'text', text: `${keys.map(keyLine).join('\n')}\n` },
    mode: 0o644,
  });
}
