// pvesh takes secrets on its command line alone, where every account of the node could read them. This little script hands them over within
// the process: it reads them from its standard input, puts them behind the words that pvesh is called with, and then is pvesh.

/** Perl: first the options that hold the secrets (`token`, `base64url:data` for one in that form, `secret/NAME` for one of several), then the words for pvesh; the values by NUL. */
export const PVESH_WITH_SECRETS = [
  'use MIME::Base64 qw(encode_base64 encode_base64url);',
  'my @names = split /,/, shift;',
  'my @values = split /\\0/, do { local $/; <STDIN> }, -1;',
  'for my $name (@names) { my $value = shift @values;',
  'push @ARGV, $name =~ m!^(.+)/(.+)$! ? ("--$1", "name=$2,value=" . encode_base64($value, ""))',
  ': $name =~ m!^base64url:(.+)$! ? ("--$1", encode_base64url($value)) : ("--$name", $value) }',
  'do "/usr/bin/pvesh"; die $@ if $@',
].join(' ');

/** What the script makes of the values, as further words of pvesh. */
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
