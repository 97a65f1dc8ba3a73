//! Which line of a file something stands in.

/// Where the lines of a text stand in its file. Lines are counted from 1.
#[derive(Debug, Clone, Default)]
pub(crate) enum Lines {
    /// The text is the file.
    #[default]
    Own,
    /// All on one line.
    One(usize),
    /// Each somewhere; what is beyond the last stands with it.
    Each(Box<[usize]>),
}

impl Lines {
    /// The file's line for a line of the text.
    pub(crate) fn at(&self, line: usize) -> usize {
        match self {
            Self::Own => line,
            Self::One(only) => *only,
            Self::Each(lines) => {
                let index = line.saturating_sub(1);
                lines.get(index).or(lines.last()).copied().unwrap_or(line)
            }
        }
    }
}

/// Where each line of a text starts.
pub(crate) struct Starts<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Starts<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect::<Vec<_>>();
        Self { text, starts }
    }

    /// The line of a byte.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// The text from a line, and so many characters into it, to the end of another line; with the line of each character.
    pub(crate) fn characters(
        &self,
        line: usize,
        column: usize,
        last: usize,
    ) -> impl Iterator<Item = (usize, char)> {
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let end = self.starts.get(last).copied().unwrap_or(self.text.len());
        let text = self.text.get(start..end).unwrap_or_default();
        text.chars()
            .scan(line, |line, char| {
                let own = *line;
                *line += usize::from(char == '\n');
                Some((own, char))
            })
            .skip(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_has_the_line_it_stands_in() {
        let starts = Starts::of("a\nbc\n\nd");
        for (offset, line) in [(0, 1), (1, 1), (2, 2), (4, 2), (5, 3), (6, 4), (99, 4)] {
            assert_eq!(starts.line(offset), line, "{offset}");
        }
        let read: Vec<_> = starts.characters(2, 1, 3).collect();
        assert_eq!(read, [(2, 'c'), (2, '\n'), (3, '\n')]);
    }

    #[test]
    fn a_line_beyond_the_last_stands_with_it() {
        assert_eq!(Lines::Each(Box::from([7, 9])).at(5), 9);
        assert_eq!(Lines::One(3).at(5), 3);
        assert_eq!(Lines::Own.at(5), 5);
    }
}
