// apt-get and dpkg-query of the node: packages come from a table instead of an archive, and install their services.

import type { Program } from '../proxmox/programs.ts';
import { failed, ok } from '../tree/tree.ts';
import { installed, markInstalled, PACKAGES } from './packages.ts';
import { setState } from './units.ts';

/** Options with a value. */
const WITH_VALUE = new Set(['-o', '--option', '-t', '--target-release']);

/** Answers `apt-get [-y] update|install PACKAGE…`; without `-y` it asks for confirmation, which nobody gives. */
export const aptGet: Program = (node, argv) => {
  const words = argv.filter((word, index) => !word.startsWith('-') && !WITH_VALUE.has(argv[index - 1] ?? ''));
  const [verb = '', ...names] = words;
  if (verb === 'update') return ok('Reading package lists...\n');
  if (verb !== 'install') return failed(`E: Invalid operation ${verb}`, 100);
  const unknown = names.find((name) => !Object.hasOwn(PACKAGES, name));
  if (unknown !== undefined) return failed(`E: Unable to locate package ${unknown}`, 100);
  const present = installed(node);
  const missing = names.filter((name) => !present.has(name));
  const said = 'Reading package lists...\nBuilding dependency tree...\nReading state information...\n';
  if (missing.length === 0) {
    const kept = names.map((name) => `${name} is already the newest version (${PACKAGES[name]?.version}).\n`);
    return ok(`${said}${kept.join('')}0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n`);
  }
  if (!argv.some((word) => ['-y', '-qy', '-yq', '--yes', '--assume-yes'].includes(word))) {
    return { ...failed('Abort.'), stdout: `${said}Do you want to continue? [Y/n] ` };
  }
  for (const name of missing) {
    markInstalled(node, name);
    for (const unit of PACKAGES[name]?.units ?? []) setState(node, unit, { active: true, enabled: true, starts: 1 });
  }
  const set = missing.map((name) => `Setting up ${name} (${PACKAGES[name]?.version}) ...\n`).join('');
  return ok(`${said}0 upgraded, ${missing.length} newly installed, 0 to remove and 0 not upgraded.\n${set}`);
};

// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own way to name fields
const DEFAULT_FORMAT = '${Package}\\t${Version}\\n';

/** Answers `dpkg-query -W [-f FORMAT] PACKAGE…`. */
export const dpkgQuery: Program = (node, argv) => {
  if (!argv.includes('-W') && !argv.includes('--show')) return failed('dpkg-query: error: need an action option', 2);
  const at = argv.indexOf('-f');
  const given = argv.find((word) => /^(-f|--showformat)=/.test(word))?.replace(/^[^=]*=/, '');
  const format = given ?? (at < 0 ? DEFAULT_FORMAT : (argv[at + 1] ?? ''));
  const names = argv.filter((word, index) => !word.startsWith('-') && argv[index - 1] !== '-f');
  const present = installed(node);
  const missing = names.filter((name) => !present.has(name));
  const shown = names
    .filter((name) => present.has(name))
    .map((name) => {
      const fields: Record<string, string> = {
        Package: name,
        'binary:Package': name,
        Version: PACKAGES[name]?.version ?? '',
        Status: 'install ok installed',
        'db:Status-Status': 'installed',
      };
      const filled = format.replaceAll(/\$\{([\w:-]+)\}/g, (_, field: string) => fields[field] ?? '');
      return filled.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
    });
  const stderr = missing.map((name) => `dpkg-query: no packages found matching ${name}\n`).join('');
  return { rc: missing.length > 0 ? 1 : 0, stdout: shown.join(''), stderr };
};
