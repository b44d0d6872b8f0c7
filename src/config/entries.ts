// The entries of the written files, one by one: each is brought up to date, checked by its schema and normalised.
// An entry that cannot be used is left out, so that its problems hide none of the others'.

import { type TargetId, targetId } from '../model/ids.ts';
import type { SecretBounds } from '../model/secret-bounds.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { LxcGuest, Place, VmGuest } from './config.ts';
import type { Hypervisor } from './config-host.ts';
import type { Certificate } from './config-services.ts';
import { Findings } from './findings.ts';
import { modernHypervisor } from './legacy/hypervisor.ts';
import { modernLxc } from './legacy/lxc.ts';
import { modernVm } from './legacy/vm.ts';
import { normaliseCertificate } from './normalise/certificate.ts';
import { normaliseHypervisor } from './normalise/hypervisor.ts';
import { normaliseLxc } from './normalise/lxc.ts';
import { normaliseVm, type VmFileDefaults } from './normalise/vm.ts';
import { parse } from './read/parse.ts';
import { within } from './read/place.ts';
import type { Finding } from './rules/rule.ts';
import { certificate } from './schema/certificate.ts';
import { lxcEnvelope, vmEnvelope } from './schema/envelopes.ts';
import { CERTIFICATE_FILE, HYPERVISOR_FILE, LXC_FILE, STACKS_FILE, VM_FILE } from './schema/files.ts';
import { hypervisorFile } from './schema/hypervisor.ts';
import { lxcGuest } from './schema/lxc.ts';
import { stacksFile } from './schema/stack.ts';
import { vmGuest } from './schema/vm.ts';
import type { Sources } from './sources.ts';
import { type Marking, unusedAndPlain } from './written-marks.ts';
import type { LookForSecrets } from './written-secrets.ts';

interface Host {
  readonly hypervisor: Hypervisor;
  readonly vms: unknown;
  readonly vmDefaults: Readonly<Record<string, unknown>>;
}

interface Looked {
  /** The value in today's shape, which the marks are of. */
  readonly modern?: unknown;
  readonly target?: TargetId;
}

/** Reads the entries of each file. What is wrong with them is among the findings; null when a file as a whole cannot be used. */
export class Entries {
  readonly findings = new Findings();
  /** What is wrong with references to secrets. */
  readonly references: Finding[] = [];
  readonly unreadable = new Set<number>();
  /** Something other than a guest was left out. */
  left = false;
  readonly #sources: Sources;
  readonly #files: Snapshot['files'];
  readonly #bounds: SecretBounds;
  readonly #seek: LookForSecrets;

  constructor(sources: Sources, snapshot: Snapshot, bounds: SecretBounds, seek: LookForSecrets) {
    this.#sources = sources;
    this.#files = snapshot.files;
    this.#bounds = bounds;
    this.#seek = seek;
  }

  /** Fields without effect and secrets of one written value, the latter in the words of the file. */
  look(schema: Marking | null, written: unknown, at: Place, { modern = written, target }: Looked = {}): void {
    const marked = schema === null ? [] : unusedAndPlain(schema, modern, at, this.#bounds, target);
    const { references, plain } = this.#seek(written, at, marked, target);
    this.findings.add([...marked, ...plain]);
    this.references.push(...references);
  }

  hypervisor(): Host | null {
    const at: Place = { file: HYPERVISOR_FILE, path: '' };
    const raw = this.#sources.json(HYPERVISOR_FILE, 'needed');
    if (raw === undefined) return null;
    const modern = modernHypervisor(raw, at);
    this.findings.add(modern.findings);
    this.look('hypervisor', hostOnly(raw), at, { modern: modern.value });
    const { value, findings } = parse(hypervisorFile, modern.value, at);
    this.findings.add(findings);
    if (value === undefined) return null;
    return { ...modern, hypervisor: normaliseHypervisor(value, at, modern.firewallAt) };
  }

  containers(): LxcGuest[] | null {
    const raw = this.#sources.json(LXC_FILE, 'needed');
    if (raw === undefined) return null;
    const at: Place = { file: LXC_FILE, path: '' };
    const file = parse(lxcEnvelope, raw, at);
    this.findings.add(file.findings);
    if (file.value === undefined) return null;
    const { lxc_configs: entries, ...shared } = file.value;
    const writtenRoles = new Set(Object.values(entries).map((entry) => (entry as { role?: unknown } | null)?.role));
    const defaults = { ...shared, writtenRoles };
    return Object.entries(entries).flatMap(([key, entry]) => {
      if (this.#enough()) return [];
      const place = within(at, 'lxc_configs', key);
      const id = Number(key);
      if (!/^[1-9][0-9]{2,8}$/.test(key)) {
        this.#notAnId(place, key);
        return [];
      }
      const target = targetId('lxc', id);
      const modern = modernLxc(entry, place, target);
      this.findings.add(modern.findings);
      this.look('lxc', entry, place, { modern: modern.value, target });
      const { value, findings } = parse(lxcGuest, modern.value, place, target);
      this.findings.add(findings);
      if (value !== undefined) return [normaliseLxc(value, defaults, { id, at: place, files: this.#files })];
      this.unreadable.add(id);
      return [];
    });
  }

  machines(host: Host | null): VmGuest[] | null {
    const raw = this.#sources.json(VM_FILE, host?.vms === undefined ? 'needed' : 'optional');
    if (raw === undefined && host?.vms === undefined) return null;
    const at: Place = { file: VM_FILE, path: '' };
    const file = parse(vmEnvelope, raw === undefined ? { vms: [] } : raw, at);
    const old = parse(vmEnvelope, { vms: host?.vms ?? [], vm_defaults: host?.vmDefaults ?? {} }, hostPlace());
    this.findings.add(file.findings);
    this.findings.add(old.findings);
    if (file.value === undefined || old.value === undefined) return null;
    const own = (raw as { vm_defaults?: object } | null | undefined)?.vm_defaults ?? {};
    this.look('vm defaults', own, within(at, 'vm_defaults'));
    const defaults: VmFileDefaults = {
      ...old.value.vm_defaults,
      ...(Object.keys(own).length > 0 ? file.value.vm_defaults : {}),
      nfsServer: host?.hypervisor.network.nfsServer ?? null,
    };
    return [
      ...file.value.vms.flatMap((entry, index) => this.#machine(entry, within(at, 'vms', index), defaults)),
      ...old.value.vms.flatMap((entry, index) => this.#machine(entry, within(hostPlace(), 'vms', index), defaults)),
    ];
  }

  certificates(): Certificate[] | null {
    const raw = this.#sources.json(CERTIFICATE_FILE, 'needed');
    if (raw === undefined) return null;
    const at: Place = { file: CERTIFICATE_FILE, path: '' };
    if (!Array.isArray(raw)) {
      this.findings.add([{ code: 'INVALID_VALUE', at, message: 'the document must be a list of certificates' }]);
      return null;
    }
    this.look(null, raw, at);
    return raw.flatMap((entry, index) => {
      const place = within(at, index);
      const parsed = parse(certificate, entry, place);
      this.findings.add(parsed.findings);
      if (parsed.value === undefined) {
        this.left = true;
        return [];
      }
      const normalised = normaliseCertificate(parsed.value, place);
      const target = targetId('certificate', normalised.certificate.commonName);
      this.findings.add(normalised.findings.map((finding) => ({ ...finding, target })));
      return [normalised.certificate];
    });
  }

  /** Checked although nothing reads it, so that it does not rot unseen. */
  oldStacks(): void {
    const raw = this.#sources.json(STACKS_FILE, 'optional');
    if (raw === undefined) return;
    const at: Place = { file: STACKS_FILE, path: '' };
    this.findings.add(parse(stacksFile, raw, at).findings);
    this.look('old stacks', raw, at);
  }

  #machine(entry: unknown, place: Place, defaults: VmFileDefaults): VmGuest[] {
    if (this.#enough()) return [];
    const written = (entry as { vmid?: unknown } | null)?.vmid;
    const id = typeof written === 'string' || typeof written === 'number' ? Number(written) : Number.NaN;
    const known = Number.isInteger(id);
    const target = known ? targetId('vm', id) : undefined;
    const modern = modernVm(entry, place, target);
    this.findings.add(modern.findings);
    this.look('vm', entry, place, { modern: modern.value, ...(target === undefined ? {} : { target }) });
    const { value, findings } = parse(vmGuest, modern.value, place, target);
    this.findings.add(findings);
    if (value !== undefined) return [normaliseVm(value, defaults, { id, at: place, files: this.#files })];
    if (known) this.unreadable.add(id);
    this.left = true;
    return [];
  }

  /** Further entries are not looked at: there are more errors already than are shown. */
  #enough(): boolean {
    if (this.findings.full) this.left = true;
    return this.findings.full;
  }

  #notAnId(at: Place, key: string): void {
    this.left = true;
    const message = `"${key.slice(0, 40)}" is not a guest id: those are numbers from 100 to 999999999`;
    this.findings.add([{ code: 'INVALID_VALUE', at, message, onKey: true }]);
  }
}

function hostPlace(): Place {
  return { file: HYPERVISOR_FILE, path: '' };
}

/** The older place of VMs is looked at with them. */
function hostOnly(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null) return raw;
  const { vms: _, ...own } = raw as Record<string, unknown>;
  return own;
}
