import React from 'react';

type Props = { title: string };

export function Panel({ title }: Props) {
  return <div className="panel">{title}</div>;
}

export const Button: React.FC<Props> = ({ title }) => <button>{title}</button>;
