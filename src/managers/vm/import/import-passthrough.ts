// Imports passed-through devices of a VM from its settings. Values that the fields cannot express completely are left to `options`.

import type { Json, JsonObject } from '../../../model/json.ts';
import type { Unclaimed } from '../../guest/import/unclaimed.ts';
import { normalFlag } from '../../guest/proxmox/property-string.ts';
import { indexesOf } from '../../guest/proxmox/settings.ts';
import { DEVICE_FIELDS, fieldOf, readDevice } from '../passthrough/passthrough.ts';
import { passthroughShape } from '../passthrough/passthrough-schema.ts';

const KINDS = ['hostpci', 'usb'] as const;

export function importPassthrough(conf: Unclaimed): Record<string, Json | undefined> {
  return { passthrough: writtenDevices(conf), serial: writtenPorts(conf) };
}

function writtenDevices(conf: Unclaimed): JsonObject[] | undefined {
  const present = KINDS.flatMap((option) => keysOf(conf, option).map((key) => ({ option, key })));
  const written = present.flatMap(({ option, key }): JsonObject[] => {
    const device = writtenDevice(option, conf.peek(key) ?? '');
    return device === undefined ? [] : [device];
  });
  const isComplete = written.length === present.length && passthroughShape.passthrough.safeParse(written).success;
  if (present.length === 0 || !isComplete) return undefined;
  for (const { key } of present) conf.claim(key);
  return written;
}

function writtenDevice(option: (typeof KINDS)[number], text: string): JsonObject | undefined {
  const device = readDevice(option, text);
  const fields = Object.entries(DEVICE_FIELDS[option]);
  if (device === undefined || Object.keys(device.options).some((key) => !fields.some(([, each]) => each === key)))
    return undefined;
  const said = fields.flatMap(([field, key]): [string, Json][] => {
    const value = device.options[key];
    if (value === undefined) return [];
    const flag = normalFlag(value);
    return [[field, flag === '0' || flag === '1' ? flag === '1' : value]];
  });
  return { [fieldOf(device)]: device.device, ...Object.fromEntries(said) };
}

/** The field lists ports without gaps, from the first. */
function writtenPorts(conf: Unclaimed): string[] | undefined {
  const keys = keysOf(conf, 'serial');
  const ports = keys.map((key) => conf.peek(key) ?? '');
  const isSaid =
    keys.every((key, index) => key === `serial${index}`) && passthroughShape.serial.safeParse(ports).success;
  if (keys.length === 0 || !isSaid) return undefined;
  for (const key of keys) conf.claim(key);
  return ports;
}

function keysOf(conf: Unclaimed, stem: string): string[] {
  const present = Object.fromEntries(conf.keys().map((key) => [key, '']));
  return indexesOf(present, stem)
    .sort((a, b) => a - b)
    .map((index) => `${stem}${index}`);
}
