import { Fieldset, SimpleGrid, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type { AccountForm, CreationField } from '../../../../contract/account-forms.ts';
import type { Value, Values } from './account-form.ts';
import { FixedField, FormField } from './account-form-field.tsx';
import { fieldsIn, fieldText, SECTION_TITLES, SECTIONS, type SectionName } from './fields.ts';

type Props = {
  form: AccountForm;
  values: Values;
  onChange: (name: string, value: Value) => void;
  errors: Readonly<Record<string, string>>;
  /** What of the form stands elsewhere, or counts only for another choice. */
  hidden: ReadonlySet<string>;
  /** The sections that are shown already. */
  sections: readonly SectionName[];
  /** What stands at the beginning of a section beside its fields. */
  begins: Partial<Record<SectionName, ReactNode>>;
};

/** The form of a new account: the fields that its creator may set, in sections. */
export function FormSections({ form, values, onChange, errors, hidden, sections, begins }: Props) {
  const isShown = ({ name, settable }: CreationField) => settable && !hidden.has(name);
  const forced = new Map(form.forced.map((each) => [each.field, each]));
  const line = (field: CreationField) => {
    const fixed = forced.get(field.name);
    return fixed === undefined ? (
      <FormField
        key={field.name}
        name={field.name}
        value={values[field.name] ?? null}
        onChange={(value) => onChange(field.name, value)}
        choices={form}
        error={errors[field.name]}
        isRequired={field.required}
        note={field.note}
      />
    ) : (
      <FixedField key={field.name} name={field.name} why={fixed.because}>
        {fixed.value}
      </FixedField>
    );
  };
  return SECTIONS.filter((section) => sections.includes(section)).map((section) => {
    const fields = fieldsIn(section, form.fields.filter(isShown));
    const names = new Set(form.fields.map(({ name }) => name));
    // What is fixed for the kind has no field of its own, and is shown all the same.
    const others = form.forced.filter(
      ({ field }) =>
        !names.has(field) &&
        fieldText(field).section === section &&
        // Whoever may not choose System roles is not told of them.
        (field !== 'systemRole' || form.systemRoles !== null),
    );
    const isGenerated = section === 'who' && form.kind === 'taxii';
    if (fields.length + others.length === 0 && begins[section] === undefined && !isGenerated) return null;
    return (
      <Fieldset key={section} legend={SECTION_TITLES[section]}>
        <Stack>
          {begins[section]}
          {fields.filter(({ name }) => !isOfName(name)).length < fields.length && section === 'who' ? (
            <>
              {fields.filter(({ name }) => name === 'email').map(line)}
              <SimpleGrid cols={{ base: 1, xs: 2 }}>
                {fields.filter(({ name }) => isOfName(name)).map(line)}
              </SimpleGrid>
              {fields.filter(({ name }) => name !== 'email' && !isOfName(name)).map(line)}
            </>
          ) : (
            fields.map(line)
          )}
          {isGenerated && (
            <FixedField name="pseudonym" why="It is created automatically, and cannot be edited.">
              Generated
            </FixedField>
          )}
          {others.map(({ field, value, because }) => (
            <FixedField key={field} name={field} why={because}>
              {value}
            </FixedField>
          ))}
        </Stack>
      </Fieldset>
    );
  });
}

/** Stands beside the other half of the name. */
const isOfName = (name: string) => name === 'firstName' || name === 'lastName';
