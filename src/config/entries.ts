// The entries of the written files, one by one: each is brought up to date, checked by its schema and normalised.
// What cannot be used is left out and noted as unreadable, so that its problems hide none of the others'. A file that is not there
// declares nothing; only that of the hypervisor must be.

import { type TargetId, targetId } from '../model/ids.ts';
import type { SecretBounds } from '../model/secret-bounds.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { LxcGuest, Place, VmGuest } from './config.ts';
import type { Hypervisor } from './config-host.ts';
import type { Certificate } from './config-services.ts';
import { Findings } from './findings.ts';
import type { Known } from './known.ts';
import { modernHypervisor } from './legacy/hypervisor.ts';
import { modernLxc } from './legacy/lxc.ts';
import { modernVm } from './legacy/vm.ts';
import { normaliseCertificate } from './normalise/certificate.ts';
import type { GuestContext } from './normalise/guest.ts';
import { normaliseHypervisor } from './normalise/hypervisor.ts';
import { type LxcFileDefaults, normaliseLxc } from './normalise/lxc.ts';
import { normaliseVm, type VmFileDefaults } from './normalise/vm.ts';
import { parse } from './read/parse.ts';
import { parseParts } from './read/parse-parts.ts';
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
import { Unreadable } from './unreadable.ts';
import { type Marking, unusedAndPlain } from './written-marks.ts';
import { type LookForSecrets, secretSeeker } from './written-secrets.ts';

interface Host {
  readonly hypervisor: Hypervisor;
  readonly vms: unknown;
  readonly vmDefaults: Readonly<Record<string, unknown>>;
}

/** `lasting`: nothing was found wrong with it, and it refers to no secret, so that what there is to say of it rests on nothing else. */
interface Entry<G> {
  readonly guest?: G;
  readonly lasting: boolean;
}

interface Looked {
  /** The value in today's shape, which the marks are of. */
  readonly modern?: unknown;
  readonly target?: TargetId;
}

/** In place of a domain that cannot be read. */
const NO_DOMAIN = 'domain.invalid';

/** Reads the entries of each file. What is wrong with them is among the findings. */
export class Entries {
  readonly findings = new Findings();
  /** What is wrong with references to secrets. */
  readonly references: Finding[] = [];
  readonly unreadable = new Unreadable();
  readonly #sources: Sources;
  readonly #files: Snapshot['files'];
  readonly #bounds: SecretBounds;
  readonly #seek: LookForSecrets;
  readonly #known: Known;

  constructor(sources: Sources, snapshot: Snapshot, bounds: SecretBounds, known: Known) {
    this.#sources = sources;
    this.#files = snapshot.files;
    this.#bounds = bounds;
    this.#seek = secretSeeker(snapshot.files, bounds);
    this.#known = known;
  }

  /** Fields without effect and secrets of one written value, the latter in the words of the file. Whether it has neither. */
  readonly look = (
    schema: Marking | null,
    written: unknown,
    at: Place,
    { modern = written, target }: Looked = {},
  ): boolean => {
    const marked = schema === null ? [] : unusedAndPlain(schema, modern, at, this.#bounds, target);
    const { references, plain, refers } = this.#seek(written, at, marked, target);
    this.findings.add(marked);
    this.findings.add(plain);
    this.references.push(...references);
    return marked.length + plain.length === 0 && !refers;
  };

  hypervisor(): Host {
    const at: Place = { file: HYPERVISOR_FILE, path: '' };
    const raw = this.#read(HYPERVISOR_FILE, 'needed');
    const modern = modernHypervisor(raw, at);
    this.findings.add(modern.findings);
    if (raw !== undefined) this.look('hypervisor', hostOnly(raw), at, { modern: modern.value });
    const domain = { domain_name: NO_DOMAIN };
    const top = (path: readonly PropertyKey[]) => path.slice(0, 1);
    const { value, findings, left } = parseParts(hypervisorFile, modern.value, at, top, domain);
    if (raw !== undefined) this.findings.add(findings);
    if (value === undefined) this.unreadable.addFile(HYPERVISOR_FILE);
    for (const [part] of left) this.unreadable.addHostPart(String(part));
    const host = value ?? hypervisorFile.parse(domain);
    return { ...modern, hypervisor: normaliseHypervisor(host, at, modern.firewallAt) };
  }

  containers(): LxcGuest[] {
    const at: Place = { file: LXC_FILE, path: '' };
    const raw = this.#read(LXC_FILE, 'optional');
    const written = raw === undefined ? { lxc_configs: {} } : raw;
    const file = parseParts(lxcEnvelope, written, at, ([top]) =>
      top === undefined || top === 'lxc_configs' ? [] : [top],
    );
    this.findings.add(file.findings);
    if (file.value === undefined || file.left.length > 0) this.unreadable.addFile(LXC_FILE);
    const { lxc_configs: entries, ...shared } = file.value ?? { lxc_configs: {} };
    const writtenRoles = new Set(Object.values(entries).map((entry) => (entry as { role?: unknown } | null)?.role));
    const defaults = { ...shared, writtenRoles };
    const circumstances = JSON.stringify([shared, ...writtenRoles]);
    return Object.entries(entries).flatMap(([key, entry]) => {
      if (this.#enough(LXC_FILE)) return [];
      const place = within(at, 'lxc_configs', key);
      const id = Number(key);
      if (!/^[1-9][0-9]{2,8}$/.test(key)) {
        this.#notAnId(place, key);
        return [];
      }
      const written = { at: place, entry, circumstances, files: this.#files };
      const guest = this.#known.guest(written, (files) => this.#container(entry, { id, at: place, files }, defaults));
      if (guest !== undefined) return [guest];
      this.unreadable.addGuest(id);
      return [];
    });
  }

  #container(entry: unknown, context: GuestContext, defaults: LxcFileDefaults): Entry<LxcGuest> {
    const { id, at } = context;
    const target = targetId('lxc', id);
    const modern = modernLxc(entry, at, target);
    this.findings.add(modern.findings);
    const clean = this.look('lxc', entry, at, { modern: modern.value, target });
    const { value, findings } = parse(lxcGuest, modern.value, at, target);
    this.findings.add(findings);
    if (value === undefined) return { lasting: false };
    const lasting = clean && modern.findings.length + findings.length === 0;
    return { guest: normaliseLxc(value, defaults, context), lasting };
  }

  machines(host: Host): VmGuest[] {
    const at: Place = { file: VM_FILE, path: '' };
    const raw = this.#read(VM_FILE, 'optional');
    // Before there was a file for them, VMs stood in that of the hypervisor.
    if (raw === undefined && this.unreadable.file(HYPERVISOR_FILE)) this.unreadable.addFile(VM_FILE);
    const own = this.#vmFile(raw === undefined ? { vms: [] } : raw, at);
    const old = this.#vmFile(
      { vms: host.vms === undefined ? [] : host.vms, vm_defaults: host.vmDefaults },
      hostPlace(),
    );
    const ownDefaults = (raw as { vm_defaults?: object } | null | undefined)?.vm_defaults ?? {};
    this.look('vm defaults', ownDefaults, within(at, 'vm_defaults'));
    const defaults: VmFileDefaults = {
      ...old.vm_defaults,
      ...(Object.keys(ownDefaults).length > 0 ? own.vm_defaults : {}),
      nfsServer: host.hypervisor.network.nfsServer,
    };
    const machines = [
      ...own.vms.flatMap((entry, index) => this.#machine(entry, within(at, 'vms', index), defaults)),
      ...old.vms.flatMap((entry, index) => this.#machine(entry, within(hostPlace(), 'vms', index), defaults)),
    ];
    if (own.whole && old.whole) return machines;
    // What they start from is not known, so nothing can be said of them but what is wrong with each in itself.
    for (const { id } of machines) this.unreadable.addGuest(id);
    return [];
  }

  #vmFile(raw: unknown, at: Place) {
    const file = parseParts(vmEnvelope, raw, at, ([top]) => (top === undefined || top === 'vms' ? [] : [top]));
    this.findings.add(file.findings);
    if (file.value === undefined) this.unreadable.addFile(VM_FILE);
    return { ...(file.value ?? vmEnvelope.parse({ vms: [] })), whole: file.left.length === 0 };
  }

  certificates(): Certificate[] {
    const at: Place = { file: CERTIFICATE_FILE, path: '' };
    const read = this.#read(CERTIFICATE_FILE, 'optional');
    const raw = read === undefined ? [] : read;
    if (!Array.isArray(raw)) {
      this.findings.add([{ code: 'INVALID_VALUE', at, message: 'the document must be a list of certificates' }]);
      this.unreadable.addFile(CERTIFICATE_FILE);
      return [];
    }
    this.look(null, raw, at);
    return raw.flatMap((entry, index) => {
      const place = within(at, index);
      const parsed = parse(certificate, entry, place);
      this.findings.add(parsed.findings);
      if (parsed.value === undefined) {
        this.unreadable.addFile(CERTIFICATE_FILE);
        return [];
      }
      const normalised = normaliseCertificate(parsed.value, place);
      const target = targetId('certificate', normalised.certificate.commonName);
      this.findings.add(normalised.findings.map((finding) => ({ ...finding, target })));
      return [normalised.certificate];
    });
  }

  /** Undefined for a file that is not there, and for one that cannot be read, which is then noted. */
  #read(path: string, need: 'needed' | 'optional'): unknown {
    const raw = this.#sources.json(path, need);
    if (raw === undefined && (need === 'needed' || this.#files.has(path))) this.unreadable.addFile(path);
    return raw;
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
    if (this.#enough(VM_FILE)) return [];
    const written = (entry as { vmid?: unknown } | null)?.vmid;
    const id = typeof written === 'string' || typeof written === 'number' ? Number(written) : Number.NaN;
    const known = Number.isInteger(id) && id >= 100 && id <= 999_999_999;
    const circumstances = JSON.stringify(defaults);
    const guest = this.#known.guest({ at: place, entry, circumstances, files: this.#files }, (files) =>
      this.#machineOf(entry, { id, at: place, files }, known ? targetId('vm', id) : undefined, defaults),
    );
    if (guest !== undefined) return [guest];
    this.unreadable.addGuest(known ? id : null);
    return [];
  }

  #machineOf(
    entry: unknown,
    context: GuestContext,
    target: TargetId | undefined,
    defaults: VmFileDefaults,
  ): Entry<VmGuest> {
    const { at } = context;
    const modern = modernVm(entry, at, target);
    this.findings.add(modern.findings);
    const clean = this.look('vm', entry, at, { modern: modern.value, ...(target === undefined ? {} : { target }) });
    const { value, findings } = parse(vmGuest, modern.value, at, target);
    this.findings.add(findings);
    if (value === undefined) return { lasting: false };
    const lasting = clean && modern.findings.length + findings.length === 0;
    return { guest: normaliseVm(value, defaults, context), lasting };
  }

  /** Further entries are not looked at: there are more errors already than are shown. */
  #enough(file: string): boolean {
    if (this.findings.full) this.unreadable.addFile(file);
    return this.findings.full;
  }

  #notAnId(at: Place, key: string): void {
    this.unreadable.addFile(LXC_FILE);
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
