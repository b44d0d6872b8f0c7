// Rules for the prerequisites of creation.

import type { Diagnostic } from '../../config/diagnostic.ts';
import type { Place } from '../../config/read/place.ts';
import { placeIn } from '../../config/read/place.ts';
import type { Config, Guest } from '../../managers/config.ts';
import { allGuests, targetOf } from '../../managers/guest/guests.ts';
import { HYPERVISOR_FILE, LXC_FILE, VM_FILE } from '../../managers/places.ts';
import type { RuleContext } from '../../managers/rule.ts';
import type { Unreadable } from '../../managers/unreadable.ts';
import type { VmGuest } from '../../managers/vm/declared.ts';

/** EMPTY_CONFIG: guest files exist but declare no guest. Without guest files only the host is managed. */
export function somethingIsDeclared({ config, files, unreadable }: RuleContext): Diagnostic[] {
  if (!files.has(LXC_FILE) && !files.has(VM_FILE)) return [];
  return config.guests.size > 0 || unreadable.someGuest ? [] : nothingDeclared();
}

/** EMPTY_CONFIG: no guest is declared any more, so that applying would delete all. */
export function somethingStays(before: Config, after: Config, unreadable: Unreadable): Diagnostic[] {
  return before.guests.size === 0 || after.guests.size > 0 || unreadable.someGuest ? [] : nothingDeclared();
}

function nothingDeclared(): Diagnostic[] {
  const at: Place = { file: HYPERVISOR_FILE, path: '' };
  const hint = 'Keep one guest declared: a commit that deletes all of them is more often a mistake.';
  return [{ code: 'EMPTY_CONFIG', at, message: 'no container and no VM is declared', hint }];
}

/** INVALID_VALUE: a guest has no source, or more than one. */
export function guestsHaveOneOrigin({ config }: RuleContext): Diagnostic[] {
  return allGuests(config).flatMap((guest): Diagnostic[] => {
    const [origin, clone] =
      guest.kind === 'lxc'
        ? (['template', 'clone_from_ctid'] as const)
        : (['template_image', 'clone_from_vmid'] as const);
    if (guest.kind === 'vm' && (guest.importFrom !== null || guest.empty || guest.iso !== null))
      return oneSource(guest);
    const image = guest.kind === 'lxc' ? guest.template : guest.templateImage;
    if ((image === null) !== (guest.cloneFrom === null)) return [];
    const both = image !== null;
    const message = both ? `"${origin}" and "${clone}" exclude each other` : `"${origin}" or "${clone}" is missing`;
    return [invalid(guest, both ? placeIn(guest.writtenAt, clone) : guest.writtenAt, message)];
  });
}

/** An ISO image may be combined with any other source, as a CD. */
function oneSource(guest: VmGuest): Diagnostic[] {
  const [first, second] = [
    ...(guest.templateImage === null ? [] : ['template_image']),
    ...(guest.cloneFrom === null ? [] : ['clone_from_vmid']),
    ...(guest.importFrom === null ? [] : ['import_from']),
    ...(guest.empty ? ['empty'] : []),
  ];
  if (first === undefined || second === undefined) return [];
  return [invalid(guest, placeIn(guest.writtenAt, second), `"${first}" and "${second}" exclude each other`)];
}

/** INVALID_VALUE: a download of an image without checksum, or an image with two sources. */
export function imagesHaveAChecksum({ config }: RuleContext): Diagnostic[] {
  const images = config.vm.filter((vm) => vm.templateImageUrl !== null || vm.templateImageSha256 !== null);
  return images.flatMap((vm): Diagnostic[] => {
    const has = (field: string, message: string) => [invalid(vm, placeIn(vm.writtenAt, field), message)];
    if (vm.templateImage === null)
      return has(
        vm.templateImageUrl === null ? 'template_image_sha256' : 'template_image_url',
        '"template_image" is missing: the name of the file to download',
      );
    if (vm.templateImageSha256 === null)
      return has(
        'template_image_url',
        '"template_image_sha256" is missing: write the checksum that the publisher of the image gives',
      );
    if (vm.templateImageUrl === null)
      return has('template_image_sha256', '"template_image_url" is missing: a checksum says nothing without it');
    const other = images.find(
      (one) => one.templateImage === vm.templateImage && one.templateImageSha256 !== vm.templateImageSha256,
    );
    if (other === undefined || config.vm.indexOf(other) > config.vm.indexOf(vm)) return [];
    return has(
      'template_image_sha256',
      `${targetOf(other)} has another checksum for "${vm.templateImage}": images of one name are one file on the node`,
    );
  });
}

/** INVALID_VALUE: a VM without storage or a volume without server, and no default. */
export function defaultsAreThere({ config, unreadable }: RuleContext): Diagnostic[] {
  return config.vm.flatMap((vm) => {
    const diagnostics: Diagnostic[] = [];
    if (vm.storagePool === '' && !unreadable.host('vm_defaults')) {
      diagnostics.push(invalid(vm, vm.writtenAt, '"storage_pool" is missing here and in "vm_defaults"'));
    }
    vm.volumes.forEach(({ server }, index) => {
      if (server !== '' || unreadable.host('network')) return;
      const at = placeIn(vm.writtenAt, 'volumes', index);
      diagnostics.push(invalid(vm, at, '"server" is missing, and the hypervisor names no "nfs_server"'));
    });
    return diagnostics;
  });
}

function invalid(guest: Guest, at: Place, message: string): Diagnostic {
  return { code: 'INVALID_VALUE', at, message, target: targetOf(guest) };
}
