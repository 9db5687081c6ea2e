/** The entities of `typeorm.mjs`. The types of the columns are those of the properties. */
import {
  Column,
  Entity,
  ManyToOne,
  OneToMany,
  PrimaryGeneratedColumn,
  type Relation,
} from "typeorm";

@Entity()
export class Person {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ unique: true })
  name: string;

  @Column({ nullable: true })
  born: Date;

  @OneToMany(() => Book, (book) => book.author, { cascade: true })
  books: Relation<Book>[];

  get label(): string {
    return `${this.name} (${this.born.getFullYear()})`;
  }
}

@Entity()
export class Book {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  title: string;

  @ManyToOne(() => Person, (person) => person.books)
  author: Relation<Person>;
}
