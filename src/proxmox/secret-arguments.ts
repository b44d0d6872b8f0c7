// pvesh only accepts secrets on its command line, which every account of the node can read. This script passes them inside the process: it reads them
// from standard input, appends them to pvesh's arguments, and then runs pvesh's code in the same process.

/**
 * Perl arguments: first the secret options (`token`, `base64url:data` for an encoded one, `secret/NAME` for one of several), then pvesh's arguments;
 * values are separated by NUL.
 */
export const PVESH_WITH_SECRETS = [
  'use MIME::Base64 qw(encode_base64 encode_base64url);',
  'my @names = split /,/, shift;',
  'my @values = split /\\0/, do { local $/; <STDIN> }, -1;',
  'for my $name (@names) { my $value = shift @values;',
  'push @ARGV, $name =~ m!^(.+)/(.+)$! ? ("--$1", "name=$2,value=" . encode_base64($value, ""))',
  ': $name =~ m!^base64url:(.+)$! ? ("--$1", encode_base64url($value)) : ("--$name", $value) }',
  'do "/usr/bin/pvesh"; die $@ if $@',
].join(' ');

/** The arguments that the script appends. */
export function secretArguments(names: string, values: string): string[] {
  const given = values.split('\0');
  return names.split(',').flatMap((name, index) => {
    const value = given[index] ?? '';
    const [, encoded] = /^base64url:(.+)$/.exec(name) ?? [];
    if (encoded !== undefined) return [`--${encoded}`, Buffer.from(value).toString('base64url')];
    const [, option, key] = /^(.+)\/(.+)$/.exec(name) ?? [];
    if (option === undefined) return [`--${name}`, value];
    return [`--${option}`, `name=${key},value=${Buffer.from(value).toString('base64')}`];
  });
}
